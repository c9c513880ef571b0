"""A kinematic fleet on an open floor, and a controller that gives bases and says the same until it is confirmed."""

from __future__ import annotations

from math import inf

import numpy as np

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.simulated_fleet import SimulatedFleet

FORWARD, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)
WIDTH, HEIGHT = 8, 6
# Robots like their model, which see where they are and obey at once, over a link that takes no time.
EXACT = MotionParams(position_noise_m=0.0, actuation_s=0.0, speed_spread=0.0)
AT_ONCE = LinkParams(delay_s=(0.0, 0.0), report_s=0.05)


def service(seconds):
    return (SERVICE, seconds)


class DrivenFleet:
    """cells: where the robots start, facing east; bases: entries of each, a SERVICE as (SERVICE, seconds)."""

    def __init__(
        self, cells, *bases, link=AT_ONCE, motion=EXACT, charge=100.0, chargers=(), headings=None, passable=None, **more
    ):
        self.model = more.pop("model", RobotModel())
        self.layout = Layout(HEIGHT, WIDTH, np.ones(WIDTH * HEIGHT, bool) if passable is None else passable)
        heading = None if headings is None else np.array(headings, np.int8)
        start = FleetState.at(np.array(cells, np.int32), heading, charge_percent=charge, width=WIDTH)
        more = {"tick_s": 0.05, **more}
        self.driver = SimulatedFleet(
            self.layout,
            self.model,
            1.0,
            start=start,
            chargers=np.array(chargers, np.int32),
            link=link,
            motion=motion,
            **more,
        )
        self.state = self.driver.open()
        self.truth = self.driver.truth()
        self.n = len(cells)
        self.epoch = 0
        self.raised = [False] * self.n
        self.bases = [list(base) for base in bases] + [[] for _ in range(self.n - len(bases))]
        self.starts = [(int(cell), int(way)) for cell, way in zip(start.cell, start.heading, strict=True)]
        self.halt = np.zeros(self.n, bool)
        self.limit = inf
        self.effects: list[tuple[int, int]] = []
        self.delivered: list[tuple[int, int]] = []

    def rows(self, ahead=16):
        rows = Commands.none(self.n, ahead)
        rows.epoch[:] = self.epoch
        rows.halt[:] = self.halt
        rows.speed_limit_mps[:] = self.limit
        for robot, base in enumerate(self.bases):
            done = int(self.state.confirmed[robot])
            rows.index[robot] = done
            if self.raised[robot]:
                continue
            for place, item in enumerate(base[done : done + ahead]):
                entry, seconds = item if isinstance(item, tuple) else (item, 0.0)
                rows.entries[robot, place], rows.service_s[robot, place] = entry, seconds
        return rows

    def raise_epoch(self):
        """From now on rows are of a new epoch; bases end where robots say they do."""
        self.epoch += 1
        self.raised = [True] * self.n

    def tick(self, rows=None):
        self.driver.submit(self.rows() if rows is None else rows)
        self.state = self.driver.poll()
        self.truth = self.driver.truth()
        self.effects += zip(self.truth.effect_robot.tolist(), self.truth.effect_entry.tolist(), strict=True)
        self.delivered += zip(self.truth.delivered_robot.tolist(), self.truth.delivered_epoch.tolist(), strict=True)
        for robot in range(self.n):
            if self.raised[robot] and self.state.epoch[robot] == self.epoch:
                self.raised[robot] = False
                del self.bases[robot][int(self.state.received[robot]) :]
        return self.state

    def until(self, holds, most_s=60.0):
        """Tick until something holds; returns the time then."""
        end = self.state.time_s + most_s
        while not holds():
            assert self.state.time_s < end, f"not after {most_s} s: {self.state}"
            self.tick()
        return self.state.time_s

    def wait(self, seconds):
        end = self.state.time_s + seconds - 1e-9
        while self.state.time_s < end:
            self.tick()

    def done(self):
        """Whether every base is confirmed, and known to be, and everybody is at rest."""
        return (
            not any(self.raised)
            and all(self.state.confirmed[robot] == len(base) for robot, base in enumerate(self.bases))
            and not self.state.speed_mps.any()
        )

    def way(self, robot, entries):
        """Cell and heading after so many entries of the robot's base."""
        cell, heading = self.starts[robot]
        for item in self.bases[robot][:entries]:
            if item == FORWARD:
                cell = cell + (1, WIDTH, -1, -WIDTH)[heading]
            elif item in (CW, CCW):
                heading = (heading + (1 if item == CW else 3)) % 4
        return cell, heading

    def held(self, robot):
        """Cells from where the robot confirmed to be to the end of what it has, as it knows itself."""
        confirmed, received = int(self.truth.confirmed[robot]), int(self.truth.received[robot])
        return {self.way(robot, entries)[0] for entries in range(confirmed, received + 1)}

    def covered(self, robot):
        """Cells under the corners of the robot, drawn in by a hair."""
        x, y, theta = (float(column[robot]) for column in (self.truth.x_m, self.truth.y_m, self.truth.theta_rad))
        cells = set()
        for along in (-0.5, 0.5):
            for across in (-0.5, 0.5):
                ahead, aside = along * self.model.length_m, across * self.model.width_m
                corner_x = x + ahead * np.cos(theta) - aside * np.sin(theta)
                corner_y = y + ahead * np.sin(theta) + aside * np.cos(theta)
                cells.add(
                    int(corner_y + (1e-6 if corner_y < y else -1e-6)) * WIDTH
                    + int(corner_x + (1e-6 if corner_x < x else -1e-6))
                )
        return cells
