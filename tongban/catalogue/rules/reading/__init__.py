"""Reading the lists of other systems: what is plain becomes a value, what is not is kept in its own words."""

from tongban.catalogue.rules.reading.codes import read_area, read_basic_code, read_body, read_code
from tongban.catalogue.rules.reading.hours import read_hours
from tongban.catalogue.rules.reading.papers import read_count, read_form, read_material
from tongban.catalogue.rules.reading.records import SHORT, is_known, read_file, read_record
from tongban.catalogue.rules.reading.values import read_fee, read_limit, read_phones, read_visits

__all__ = ["SHORT", "is_known", "read_area", "read_basic_code", "read_body", "read_code", "read_count", "read_fee", "read_file",
           "read_form", "read_hours", "read_limit", "read_material", "read_phones", "read_record", "read_visits"]
