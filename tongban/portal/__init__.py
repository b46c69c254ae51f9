"""Pages for citizens and firms: find a service, apply once, follow the case, keep the licence, rate what happened.

One file a page; a view reads input, gets by access, calls one action or query, renders.
Everything works without JavaScript, in Chinese and English.
"""
