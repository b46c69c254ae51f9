"""How long the logs of this machine stay, as its journal and its logrotate are told (SEC-07; 网络安全法第二十一条: six months)."""

import re
import subprocess
from math import inf
from pathlib import Path

DAYS = {"": 1 / 86400, "s": 1 / 86400, "sec": 1 / 86400, "m": 1 / 1440, "min": 1 / 1440, "h": 1 / 24, "hour": 1 / 24, "d": 1, "day": 1,
        "w": 7, "week": 7, "month": 30.44, "M": 30.44, "y": 365.25, "year": 365.25}
"""Units of a span as systemd.time(7) has them; what is not known counts as nothing."""
EACH = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
ROTATED = Path("/etc/logrotate.d/tongban")


def journal_days(told: str) -> float:
    """Days for which a journal told this keeps what it has room for.

    0 if it forgets when the machine starts, or nobody thought about the room: its own ceiling of 4 GB may be a week of logs.
    """
    set_to = dict(re.findall(r"^\s*(Storage|MaxRetentionSec|SystemMaxUse)\s*=\s*(.*?)\s*$", told, re.MULTILINE))
    if set_to.get("Storage", "auto") != "persistent" or not set_to.get("SystemMaxUse"):
        return 0
    spans = re.findall(r"(\d+)\s*([A-Za-z]*)", set_to.get("MaxRetentionSec", "0"))
    days = sum(int(count) * DAYS.get(unit if unit in DAYS else unit.rstrip("s"), 0) for count, unit in spans)
    return days or inf


def rotated_days(told: str) -> float:
    """Days for which logrotate told this keeps the log of the door; 0 where nothing is said of it, or its size decides."""
    if "/var/log/nginx/tongban.log" not in told or re.search(r"^\s*(size|maxsize)\b", told, re.MULTILINE):
        return 0
    each = next((days for word, days in EACH.items() if re.search(rf"^\s*{word}\s*$", told, re.MULTILINE)), 0)
    numbers = {word: int(number) for word, number in re.findall(r"^\s*(rotate|maxage)\s+(\d+)\s*$", told, re.MULTILINE)}
    return min(each * numbers.get("rotate", 0), numbers.get("maxage", inf))


def here() -> tuple[float, float]:
    """What this machine keeps: the journal, and the log of the door."""
    try:
        journal = subprocess.run(["systemd-analyze", "cat-config", "systemd/journald.conf"], capture_output=True, text=True,
                                 check=False).stdout
    except OSError:
        journal = ""
    try:
        rotated = ROTATED.read_text()
    except OSError:
        rotated = ""
    return journal_days(journal), rotated_days(rotated)


def judge(kept: tuple[float, float], least: int) -> list[str]:
    """What is kept too short, and what to do."""
    named = (("The journal", "deploy/journald/tongban.conf to /etc/systemd/journald.conf.d/ and restart systemd-journald"),
             ("The log of nginx", "deploy/logrotate/tongban to /etc/logrotate.d/, and leave its file out of the rule of nginx"))
    return [f"{what} is kept for {int(days)} days by what this machine says; the law asks for {least}. Copy {cure}. Where logs are "
            "collected elsewhere, say how long they stay there: TONGBAN_LOG_DAYS."
            for (what, cure), days in zip(named, kept, strict=True) if days < least]
