"""`tongban mode`: how far the house is open, said by whoever runs it."""

import argparse
import getpass
from datetime import datetime

from tongban.kernel import database, modes
from tongban.kernel.clock import SHANGHAI
from tongban.kernel.errors import HouseError
from tongban.kernel.modes import Mode
from tongban.kernel.types import System, Text

WORDS = {"normal": Mode.NORMAL, "read-only": Mode.READ_ONLY, "accept-only": Mode.ACCEPT_ONLY}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said."""
    parser.add_argument("mode", choices=WORDS, nargs="?", help="without it: say which mode holds")
    parser.add_argument("--reason", default="", help="why, in Chinese; people read it on every page")
    parser.add_argument("--reason-en", default="", help="the same in English")
    parser.add_argument("--until", type=moment, help="when it is to end, as 2026-03-02T18:00 (Shanghai time)")


def moment(text: str) -> datetime:
    """A moment as written; without a zone it is Shanghai's."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def change(options: argparse.Namespace) -> tuple[int, str]:
    """Set the mode if one is named; returns the exit code and a line about the one that holds."""
    with database.serving("worker"):
        if options.mode:
            who = System(name="operator", on_behalf_of=getpass.getuser())
            try:
                modes.change(who, mode=WORDS[options.mode], until=options.until,
                             reason=Text(zh=options.reason, en=options.reason_en))
            except HouseError as error:
                return 1, f"Nothing was changed. {error}"
        modes.forget()
        notice = modes.current()
    word = next(word for word, mode in WORDS.items() if mode is notice.mode)
    since = f" since {notice.since.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if notice.since else ""
    until = f", to end at {notice.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if notice.until else ""
    return 0, f"The mode is {word}{since}{until}"
