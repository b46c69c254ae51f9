"""Finding a service by whatever words people have for it: spoken, misspelt, in pinyin, in traditional characters.

It keeps an index of all open items on this machine's disk, made of the catalogue and thrown away at will.
It decides nothing: the rows it answers with are the catalogue's own.
"""
