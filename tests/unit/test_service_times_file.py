"""Files of service times: read back as written, written whole, and refused with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim_worlds.errors import WorldError
from sim_worlds.service_times_file import read_service_times, services_path, write_service_times
from tests.service_times import service_times
from tests.worlds import line_of

SOUND = """\
classes = ["light", "heavy"]

[[service]]
place = "pick"
class = "light"
by = "a person with a stopwatch"
services = 3
units = 7
mean_s = 9.5
p5_s = 6
p50_s = 9.0
p95_s = 14.0
retried = 0.5
recovered = 0
refused = 0
first_s = [2.0]
more_s = [3, 3.5, 4.5]
"""
HEAVY = SOUND.split("\n\n", 1)[1].replace("light", "heavy")


def written(folder: Path, text: str) -> Path:
    path = folder / "small.services.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_world_has_its_service_times_beside_it() -> None:
    assert services_path(Path("/floors/corner.toml")) == Path("/floors/corner.services.toml")
    assert services_path(Path("corner.map")) == Path("corner.services.toml")


@pytest.mark.parametrize(
    "times",
    [service_times(), service_times(stations={'Pick "3"\\': next(iter(service_times().kinds.values()))})],
    ids=["kinds of places", "a station of its own"],
)
def test_service_times_are_read_back_as_they_were_written(tmp_path: Path, times: object) -> None:
    write_service_times(tmp_path / "a.services.toml", times, "a command")  # type: ignore[arg-type]
    assert read_service_times(tmp_path / "a.services.toml") == times


def test_the_first_line_is_the_command_that_wrote_the_file(tmp_path: Path) -> None:
    write_service_times(tmp_path / "a.toml", service_times(), "futurepark twin stations 'a\nb' --measure")
    assert (tmp_path / "a.toml").read_text().splitlines()[0] == "# Written by: futurepark twin stations 'a b' --measure"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"a\.toml: cannot be written"):
        write_service_times(tmp_path / "gone" / "a.toml", service_times(), "")
    write_service_times(tmp_path / "a.toml", service_times(), "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.toml"]


def test_times_can_be_written_by_hand(tmp_path: Path) -> None:
    times = read_service_times(written(tmp_path, f"{SOUND}\n{HEAVY}"))
    ((_, by_class),) = times.kinds.items()
    assert by_class["light"].mean_s(2) == pytest.approx(2.0 + 11.0 / 3)
    assert by_class["heavy"].measured.by == "a person with a stopwatch"


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("classes", "clases", 1, "classes is missing"),
        ('["light", "heavy"]', "[]", "classes", "classes is []; give one or more texts in quotes"),
        ('["light", "heavy"]', '["light", 3]', "classes", "classes is ['light', 3]"),
        ('["light", "heavy"]', '["light", "heavy", "light"]', "classes", "names one of light, heavy, light twice"),
        ('"pick"', '"dock"', "place", "is 'dock'; use one of: pick, induction, pick_face, drop"),
        ('place = "pick"\n', "", "[[service]]", "service.place is missing"),
        ("place", 'sation = "Pick 3"\nplace', "sation", "unknown key service.sation"),
        ('"light"\n', '"bulky"\n', "class =", "service.class is 'bulky'; use one of: light, heavy"),
        ('"light"\n', '"heavy"\n', 21, "class heavy is there twice for this place"),
        ("services = 3", "services = 0", "services =", "service.services is 0; give a whole number, 1 or more"),
        ("units = 7", "units = 7.5", "units =", "service.units is 7.5"),
        ("mean_s = 9.5", "mean_s = nan", "mean_s", "service.mean_s is nan; give a number greater than zero"),
        ("recovered = 0", "recovered = 5", "recovered", "service.recovered is 5; give a number from 0 to 1"),
        ("[2.0]", "2.0", "first_s", "service.first_s is 2.0; give one or more numbers that ascend, from 0 to 3600"),
        ("[2.0]", "[]", "first_s", "service.first_s is []"),
        ("[2.0]", "[-2.0]", "first_s", "service.first_s is [-2.0]"),
        ("[2.0]", "[inf]", "first_s", "service.first_s is [inf]"),
        ("[2.0]", "[true]", "first_s", "service.first_s is [True]"),
        ("[2.0]", "[3601]", "first_s", "service.first_s is [3601]"),
        ("3.5, 4.5", "4.5, 3.5", "more_s", "service.more_s has 3.5 after 4.5; let the numbers ascend"),
        ("[2.0]", "[0.0, 2.0]", "first_s", "a service can take no time"),
        ("first_s", "colour = 1\nfirst_s", "colour", "unknown key service.colour"),
        ("classes", "arm = 1\nclasses", "arm", "unknown key arm"),
        ("classes", "classes =", "classes", "is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, at: str | int, says: str) -> None:
    text = f"{SOUND}\n{HEAVY}".replace(old, new, 1)
    assert text != f"{SOUND}\n{HEAVY}"
    with pytest.raises(WorldError) as refused:
        read_service_times(written(tmp_path, text))
    assert says in str(refused.value)
    assert f"small.services.toml, line {at if isinstance(at, int) else line_of(text, at)}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'classes = ["light"]\nservice = 3\n',
            "service is not an array of tables; write [[service]] before each entry",
        ),
        ('classes = ["light"]\n', "there is no [[service]]; measure with `futurepark twin stations WORLD --measure`"),
        (SOUND, "pick has no [[service]] of class heavy"),
        (SOUND.replace('place = "pick"', 'station = "Pick 3"'), "Pick 3 has no [[service]] of class heavy"),
    ],
)
def test_a_place_that_was_measured_was_measured_for_every_class(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(WorldError) as refused:
        read_service_times(written(tmp_path, text))
    assert says in str(refused.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="there is no such file of service times"):
        read_service_times(tmp_path / "gone.toml")
