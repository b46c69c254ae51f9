"""How many questions the access matrix in depth asks."""

from typing import Any

from bench.house import Bench


def measure(bench: Bench, port: int) -> dict[str, dict[str, Any]]:
    """Its cells; whether each is answered right is for the tests to say."""
    from tests.access.relations import CALLERS, cells

    count = len(cells())
    return {"access_matrix_cells": {"value": count, "unit": "cells", "limit": "", "spread": [count, count],
                                    "callers": len(CALLERS)}}
