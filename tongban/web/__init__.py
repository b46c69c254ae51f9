"""What every surface shares: who calls, which database login serves the call, refusals as pages, languages.

It stands between the surfaces and everything below them and knows no page.
Surfaces import it; nothing else does.
"""
