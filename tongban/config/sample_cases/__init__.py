"""An invented history for a trial: the cases of sixty days, made only by what people and rules do."""

from tongban.config.sample_cases.history import Served, is_wanted, load
from tongban.config.sample_cases.playing import put_clock_right

__all__ = ["Served", "is_wanted", "load", "put_clock_right"]
