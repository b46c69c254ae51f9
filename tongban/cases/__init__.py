"""The core: an application from draft to delivery (办件), every act on it and its lawful clock.

Legal states move only by the verbs of `actions`, each with its own event; `access` is the only way to a row.
It knows the catalogue, licences and documents below it and nothing of those who follow it.
"""
