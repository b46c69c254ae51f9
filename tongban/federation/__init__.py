"""What goes between nodes: who they are, by which key and from where they speak, and what one must tell another.

Two administrators let a node in. What comes from it is believed only as a signed envelope, once and within minutes. The first
thing told this way are incidents of security: the node above hears of a major one within the hour.
"""
