"""Regions, the authorities that act in them and the node they belong to.

Region codes are the twelve-digit statistical division codes; six- and nine-digit prefixes resolve.
Authorities are known by their unified social credit code.
"""
