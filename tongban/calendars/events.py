"""What calendars announce."""

from tongban.kernel.events import event


@event()
class CalendarChanged:
    """The working days of a year are others than before; `days` are those that changed."""

    year: int
    noticed: bool
    days: tuple[str, ...]
