"""How words become tokens and questions become plans: values in, values out."""

from tongban.search.rules.documents import document
from tongban.search.rules.plans import plan, reachable, suggestion
from tongban.search.rules.words import normalise

__all__ = ["document", "normalise", "plan", "reachable", "suggestion"]
