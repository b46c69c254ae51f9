"""What government offers and on what terms: service items, the guides made of them, their forms and processes.

Whatever is published never changes; a change is a next version, and an open case keeps the one it was submitted under.
An item is known by its implementation code of thirty-one characters, which is never given to anything else.
"""
