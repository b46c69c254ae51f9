"""Composition root: settings, routes, processes and the command line.

It knows every package and nothing imports it.
What runs where (web, worker, embedded database) is decided here.
"""
