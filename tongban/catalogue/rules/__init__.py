"""The law of the catalogue: what a definition must hold before it is published, and what follows from it."""

from tongban.catalogue.rules.checking import check_deferrals, check_field_map, check_item, check_references, code_of
from tongban.catalogue.rules.comparing import deviations
from tongban.catalogue.rules.deriving import (
    checklist,
    completeness,
    four_lists,
    is_listed_code,
    is_same_day,
    listed_code,
    reduction,
    service_level,
    working_days,
)

__all__ = [
    "check_deferrals",
    "check_field_map",
    "check_item",
    "check_references",
    "checklist",
    "code_of",
    "completeness",
    "deviations",
    "four_lists",
    "is_listed_code",
    "is_same_day",
    "listed_code",
    "reduction",
    "service_level",
    "working_days",
]
