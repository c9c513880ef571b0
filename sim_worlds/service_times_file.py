"""Files of measured service times, `NAME.services.toml` beside the world file `NAME.toml`."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Final

import tomli_w

from fleet.text_file import read_text, replace_text
from sim_worlds.errors import WorldError
from sim_worlds.service_times import Measurement, PlaceKind, ServiceDistribution, ServiceTimes
from sim_worlds.toml_table import TomlTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SUFFIX: Final = ".services.toml"

_MEASURE: Final = "measure with `futurepark twin stations WORLD --measure`"
_LINE: Final = 10  # values on a line
_MOST_S: Final = 3600.0  # an hour for one unit is a slip of the pen

_ByClass = dict[str, ServiceDistribution]


def services_path(world_file: Path) -> Path:
    """Where the measured service times of a world are, if there are any."""
    return world_file.with_name(world_file.stem + SUFFIX)


def read_service_times(path: Path) -> ServiceTimes:
    """Read measured service times.

    Raises WorldError with file, line and remedy for the first thing wrong: a missing file, no TOML, a missing or
    unknown key, a number out of range, values that do not ascend, a class that is missing, or one that is there twice.
    """
    root = TomlTable.parse(path, read_text(path, WorldError, "file of service times"))
    classes = root.texts("classes")
    if len(set(classes)) < len(classes):
        root.note(f"classes names one of {', '.join(classes)} twice", "name each once", "classes")
    kinds: dict[PlaceKind, _ByClass] = {}
    stations: dict[str, _ByClass] = {}
    entries = root.entries("service")
    for entry in entries:
        _read_entry(entry, classes, kinds, stations)
    root.close()
    if not entries:
        root.note("there is no [[service]]", _MEASURE)
    for place, by_class in chain(((kind.value, of) for kind, of in kinds.items()), stations.items()):
        missing = [name for name in classes if name not in by_class]
        if missing:
            root.note(f"{place} has no [[service]] of class {', '.join(missing)}", _MEASURE, "service")
    for finding in root.findings:
        raise finding.as_error()
    return ServiceTimes(tuple(classes), kinds, stations)


def write_service_times(path: Path, times: ServiceTimes, command: str) -> None:
    """Write measured service times whole or not at all; `command`, a line, says what wrote them.

    Raises WorldError if they cannot be written.
    """
    lines = [f"# Written by: {' '.join(command.split())}", f"classes = {_list(times.classes)}"]
    places = [
        *(("place", kind.value, by_class) for kind, by_class in times.kinds.items()),
        *(("station", name, by_class) for name, by_class in times.stations.items()),
    ]
    for key, place, by_class in places:
        for name, distribution in by_class.items():
            lines += ["", "[[service]]", *_entry_lines({key: place, "class": name}, distribution)]
    replace_text(path, "\n".join(lines) + "\n", WorldError)


def _read_entry(
    entry: TomlTable, classes: list[str], kinds: dict[PlaceKind, _ByClass], stations: dict[str, _ByClass]
) -> None:
    """Take in one [[service]], or note what is wrong with it."""
    station = entry.optional_text("station")
    if station:
        taken = stations.setdefault(station, {})
    else:
        taken = kinds.setdefault(PlaceKind(entry.choice("place", [kind.value for kind in PlaceKind])), {})
    name = entry.choice("class", classes) if classes else entry.text("class")
    if name in taken:
        entry.note(f"class {name} is there twice for this place", "remove one of the two", "class")
    taken[name] = ServiceDistribution(
        first_s=entry.ascending("first_s", _MOST_S),
        more_s=entry.ascending("more_s", _MOST_S),
        measured=Measurement(
            by=entry.text("by"),
            services=entry.whole("services", least=1),
            units=entry.whole("units", least=1),
            mean_s=entry.positive("mean_s"),
            p5_s=entry.positive("p5_s"),
            p50_s=entry.positive("p50_s"),
            p95_s=entry.positive("p95_s"),
            retried=entry.share("retried"),
            recovered=entry.share("recovered"),
            refused=entry.share("refused"),
        ),
    )
    if not taken[name].first_s[0] > 0:
        entry.note("a service can take no time", "let first_s begin with more than 0", "first_s")
    entry.close()


def _entry_lines(keys: Mapping[str, str], distribution: ServiceDistribution) -> Iterator[str]:
    yield from tomli_w.dumps({**keys, **asdict(distribution.measured)}).splitlines()
    for key, values in (("first_s", distribution.first_s), ("more_s", distribution.more_s)):
        yield f"{key} = ["
        for at in range(0, len(values), _LINE):
            yield f"    {', '.join(repr(value) for value in values[at : at + _LINE])},"
        yield "]"


def _list(texts: tuple[str, ...]) -> str:
    """A TOML array on one line."""
    return f"[{', '.join(tomli_w.dumps({'a': text}).strip().removeprefix('a = ') for text in texts)}]"
