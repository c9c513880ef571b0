"""What goes on beside a run: who looks when, what is refused before anything begins, and what a failed run leaves."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.app.attendance import Attendance, Attendants, chosen_robots
from fleet.app.attended_fleet import AttendedFleet
from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from robots.errors import InputError
from sim_worlds.world_file import load_world
from tests.recorded_fleets import drive, header, new_fleet
from tests.worlds import write_world
from twin.physics.body_model import BodyModel
from twin.recording.recording import Recording
from twin.recording.trace_reader import Trace

TWIN = RunConfig(world="tiny", execution="grants", driver="twin")


@pytest.fixture
def world(tmp_path):
    folder = tmp_path / "world"
    folder.mkdir()
    return load_world(str(write_world(folder)))


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_whoever_attends_sees_the_floor_when_it_opens_and_after_each_tick():
    fleet, seen, others = new_fleet(), [], []
    driver = AttendedFleet(fleet, [lambda truth: seen.append(truth.time_s), lambda truth: others.append(truth.x_m)])
    state = driver.open()
    assert seen == [0.0]
    drive(driver, state, 3)
    assert seen == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert np.array_equal(others[-1], fleet.truth().x_m)
    assert (driver.entries_ahead, driver.charge_wh_used) == (fleet.entries_ahead, fleet.charge_wh_used)
    driver.close()


@pytest.mark.parametrize(
    ("wish", "option", "remedy"),
    [
        ({"record": "a.trace"}, "--record", "--execution grants"),
        ({"camera": "overview"}, "--camera", "--execution grants"),
        ({"png": "a.png"}, "--png", "--execution grants"),
        ({"film": "a.webp"}, "--film", "--execution grants"),
        ({"gui": True}, "--gui", "--execution grants"),
        ({"bullet": "1"}, "--bullet", "--driver twin"),
    ],
)
def test_each_wish_is_refused_where_robots_do_not_really_drive(wish, option, remedy):
    with pytest.raises(SettingError, match=f"{option}: is not possible with execution ideal") as refused:
        Attendance(**wish).refuse("execution ideal")
    assert remedy in refused.value.remedy


def test_a_run_that_nobody_attends_is_not_refused():
    Attendance().refuse("execution ideal")
    with Attendants() as attendants:
        attendants.refuse("execution ideal")


def test_wishes_that_do_not_go_together_are_refused(tmp_path):
    with pytest.raises(SettingError, match="--film-speed: is 5, and there is no film"):
        Attendance(film_speed=5.0, png=tmp_path / "a.png")
    with pytest.raises(SettingError, match="--record: cannot be replayed"):
        Attendance(record=tmp_path / "a.trace", bullet="1")


def test_robots_for_bullet_are_named_by_numbers_or_by_a_station(world):
    assert chosen_robots("3,0", world, 4) == ((3, 0), ())
    rows, cells = chosen_robots("near:Pick 1", world, 4)
    assert rows == ()
    assert cells == world.stations[0].docks


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("4", "there is no robot 4"),
        ("0,-1", "there is no robot -1"),
        ("1,", "is '1,'"),
        ("all", "is 'all'"),
        ("near:", "there is no station ''"),
        ("near:Pick 9", "there is no station 'Pick 9'"),
    ],
)
def test_what_names_no_robots_is_refused(world, text, problem):
    with pytest.raises(SettingError, match="--bullet") as refused:
        chosen_robots(text, world, 4)
    assert problem in refused.value.problem
    assert "robot" in refused.value.remedy or "Pick 1" in refused.value.remedy


def test_bullet_is_not_for_robots_on_rails(world):
    wanted = Attendants(Attendance(bullet="1"))
    with wanted, pytest.raises(SettingError, match="--bullet: needs robots with bodies"):
        wanted.host(RunConfig(world="tiny", execution="grants"), world, 2, BodyModel())


def test_without_a_wish_there_is_no_host_and_the_driver_is_the_fleet_itself(world):
    fleet = new_fleet()
    with Attendants() as attendants:
        assert attendants.host(TWIN, world, 3, BodyModel()) is None
        assert around(attendants, fleet, world, 3, header) is fleet


def test_a_recorded_run_leaves_a_whole_trace(world, empty):
    path = empty / "a.trace"
    with Attendants(Attendance(record=path)) as attendants:
        driver = around(attendants, new_fleet(), world, 3, header)
        assert isinstance(driver, Recording)
        drive(driver, driver.open(), 5)
        driver.close()
    with Trace(path) as trace:
        assert trace.complete
    assert [file.name for file in empty.iterdir()] == ["a.trace"]


def around(attendants, fleet, world, robots, header):
    """The driver as a run wires it."""
    watchers = attendants.watchers(fleet, world, robots)
    inner = attendants.recorded(fleet, header)
    return AttendedFleet(inner, watchers) if watchers else inner


def attended(wish, world, fails=False):
    """A short run."""
    with Attendants(wish) as attendants:
        driver = around(attendants, new_fleet(), world, 3, header)
        drive(driver, driver.open(), 5)
        if fails:
            raise RuntimeError
        driver.close()


def test_a_run_that_fails_keeps_what_was_recorded_under_its_temporary_name(world, empty):
    with pytest.raises(RuntimeError):
        attended(Attendance(record=empty / "a.trace"), world, fails=True)
    assert [file.name for file in empty.iterdir()] == ["a.trace.part"]


def test_a_run_that_never_begins_leaves_no_recording(world, empty):
    with Attendants(Attendance(record=empty / "a.trace")) as attendants:
        around(attendants, new_fleet(), world, 3, header).close()
    assert list(empty.iterdir()) == []


def test_what_a_killed_run_has_recorded_outlives_a_run_that_is_refused(world, empty):
    (empty / "a.trace.part").write_bytes(b"what is left")
    wish = Attendance(record=empty / "a.trace", png=empty / "a.png", camera="robot:3")
    with pytest.raises(InputError, match="--camera"), Attendants(wish) as attendants:
        around(attendants, new_fleet(), world, 3, header)
    assert (empty / "a.trace.part").read_bytes() == b"what is left"


def test_a_camera_sees_the_end_of_a_run_that_ends_well_and_nothing_of_one_that_fails(world, empty):
    pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")
    with pytest.raises(RuntimeError):
        attended(Attendance(png=empty / "a.png"), world, fails=True)
    assert list(empty.iterdir()) == []
    attended(Attendance(png=empty / "a.png"), world)
    assert [file.name for file in empty.iterdir()] == ["a.png"]
