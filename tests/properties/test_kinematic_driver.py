"""Whatever becomes of messages and robots: bases are carried out, once, in their order, and within their cells."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robots.driver import Commands
from robots.state import Flag
from tests.driven_fleet import CCW, CHARGE, CW, FORWARD, HEIGHT, WIDTH, DrivenFleet, service
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.simulated_fleet import MotionParams

FAULTS_END_S = 12.0
STARTS = (0, 20, 43)
OF_ROBOT = [FaultKind.DEAD, FaultKind.REBOOT, FaultKind.MUTE, FaultKind.STUCK, FaultKind.SLOW]
OF_LINK = [FaultKind.LOSS, FaultKind.DELAY, FaultKind.DUPLICATION]


@st.composite
def bases(draw, cell, heading=0):
    """A base that stays on the floor."""
    row, column = divmod(cell, WIDTH)
    base = []
    for item in draw(st.lists(st.sampled_from(["run", "run", CW, CCW, "serve", CHARGE]), min_size=1, max_size=5)):
        if item == "run":
            for _ in range(draw(st.integers(1, 5))):
                ahead = (row + (0, 1, 0, -1)[heading], column + (1, 0, -1, 0)[heading])
                if not (0 <= ahead[0] < HEIGHT and 0 <= ahead[1] < WIDTH):
                    break
                row, column = ahead
                base.append(FORWARD)
        elif item == "serve":
            base.append(service(draw(st.sampled_from([0.02, 0.5, 1.7]))))
        else:
            base.append(item)
            if item != CHARGE:
                heading = (heading + (1 if item == CW else 3)) % 4
    return base


@st.composite
def faults(draw):
    found = []
    for _ in range(draw(st.integers(0, 5))):
        at_s = draw(st.floats(0.0, FAULTS_END_S - 2.0))
        seconds = draw(st.floats(0.1, FAULTS_END_S - at_s))
        kind = draw(st.sampled_from([*OF_ROBOT, *OF_LINK, FaultKind.OBSTACLE]))
        robot = draw(st.integers(0, len(STARTS) - 1)) if kind in OF_ROBOT else -1
        cell = draw(st.integers(0, WIDTH * HEIGHT - 1)) if kind is FaultKind.OBSTACLE else -1
        value = draw(st.sampled_from([0.1, 0.5, 0.9]))
        found.append(Fault(at_s, kind, robot, cell, seconds, value))
    return found


links = st.builds(
    LinkParams,
    delay_s=st.sampled_from([(0.0, 0.0), (0.02, 0.08), (0.0, 0.6)]),
    loss=st.sampled_from([0.0, 0.3]),
    duplication=st.sampled_from([0.0, 0.3]),
    report_s=st.sampled_from([0.05, 0.1, 0.3]),
)
runs = st.tuples(st.tuples(*(bases(cell) for cell in STARTS)), faults(), links, st.integers(0, 2**63))
moments = st.lists(st.integers(1, 110), max_size=3, unique=True)


def fleet_of(run):
    way, hit, link, seed = run
    return DrivenFleet(
        STARTS,
        *way,
        faults=hit,
        link=link,
        seed=seed,
        motion=MotionParams(),
        tick_s=0.1,
        chargers=range(WIDTH * HEIGHT),
    )


def check(fleet, before):
    """What holds in every tick; returns what to compare the next one with."""
    truth = fleet.truth
    assert (truth.confirmed >= before[0]).all()
    assert (truth.epoch >= before[1]).all()
    assert (truth.received >= truth.confirmed).all()
    assert (truth.received - truth.confirmed <= 16).all()
    assert (fleet.state.confirmed <= truth.confirmed).all()
    for robot in range(fleet.n):
        if not truth.displaced[robot]:
            held = fleet.held(robot)
            assert fleet.covered(robot) <= held, f"robot {robot} covers {fleet.covered(robot)} and holds {held}"
    return truth.confirmed.copy(), truth.epoch.copy()


def drain(fleet, before):
    """Let faults end and everything be carried out."""
    while not (fleet.state.time_s > FAULTS_END_S and fleet.done()):
        assert fleet.state.time_s < 200.0, f"not drained: {fleet.state}, {fleet.bases}"
        fleet.tick()
        before = check(fleet, before)
    fleet.wait(1.0)
    for robot, base in enumerate(fleet.bases):
        cell, heading = fleet.way(robot, len(base))
        assert (fleet.state.cell[robot], fleet.state.heading[robot]) == (cell, heading)
        assert (fleet.truth.x_m[robot], fleet.truth.y_m[robot]) == (cell % WIDTH + 0.5, cell // WIDTH + 0.5)
        done = [entry for who, entry in fleet.effects if who == robot]
        assert done == [entry for entry, item in enumerate(base) if isinstance(item, tuple)]


@given(runs)
def test_every_base_is_carried_out_once_in_order_and_within_its_cells(run):
    fleet = fleet_of(run)
    drain(fleet, (np.zeros(3), np.zeros(3)))


@given(runs, moments)
def test_so_it_is_when_epochs_are_raised_on_the_way(run, raises):
    fleet = fleet_of(run)
    before = (np.zeros(3), np.zeros(3))
    for tick in range(120):
        if tick in raises:
            fleet.raise_epoch()
        fleet.tick()
        before = check(fleet, before)
    drain(fleet, before)


@given(runs, st.integers(0, 60), st.sampled_from([-0.7, 0.3, 2.0]))
def test_a_robot_that_was_displaced_goes_on_when_it_is_put_back(run, moment, aside):
    fleet = fleet_of(run)
    before = (np.zeros(3), np.zeros(3))
    for tick in range(100):
        if tick == moment:
            fleet.driver.inject(Fault(0.0, FaultKind.DISPLACED, robot=1, value=aside))
        fleet.tick()
        before = check(fleet, before)
        assert fleet.truth.displaced[1] == (tick >= moment)
    fleet.driver.put_back(1)
    drain(fleet, before)


@given(runs, st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=5))
def test_rows_of_older_epochs_change_nothing(run, stale):
    """The same run, with and without rows of an old epoch in some of its ticks."""
    way, hit, _, seed = run
    fleet = fleet_of((way, hit, LinkParams(delay_s=(0.0, 0.4), duplication=0.5), seed))
    fleet.tick()
    fleet.raise_epoch()
    ticks = {tick for tick, _ in stale}
    for tick in range(80):
        known = not any(fleet.raised)
        rows = None
        if tick in ticks and known:
            rows = Commands.none(3, 4)
            rows.index[:] = fleet.truth.received
            rows.entries[:, 0] = CW
            rows.halt[:] = True
        fleet.tick(rows)
        if known:
            assert not (fleet.state.flags & Flag.HALTED).any()
            assert all(fleet.truth.received <= [len(base) for base in fleet.bases])
    drain(fleet, (np.zeros(3), np.zeros(3)))


@given(runs)
def test_the_same_seed_gives_the_same_run(run):
    def log():
        fleet = fleet_of(run)
        seen = []
        for _ in range(40):
            fleet.tick()
            seen.append(fleet.state.x_m.tobytes() + fleet.truth.y_m.tobytes() + fleet.state.heard_s.tobytes())
        return seen

    assert log() == log()
