"""Who touches whom: robots, racks and people, period by period and substep by substep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fleet.grid.layout import Layout
from robots.arrays import Bool, Int32, Int64
from robots.model import RobotModel
from twin.faults import Fault
from twin.fleet_records import Floor, Limits, Records
from twin.physics import _contacts, _near, _people
from twin.physics.body_model import BodyModel
from twin.physics.body_records import PEOPLE, PERSON
from twin.physics.contact_records import PARTNERS, new_nearby, new_shape

_GOLDEN: Final = 0x9E3779B1  # spreads the keys of people who come one after another


class Contacts:
    """Finds contacts of n bodies and lets them push.

    `look` is to be called once a period, `press` in each of its substeps, `remember` at its end. Time of `look` grows
    linearly with robots, of `press` with those that are near something.
    """

    def __init__(
        self,
        bodies: Records,
        floor: Floor,
        limits: Limits,
        layout: Layout,
        model: RobotModel,
        body: BodyModel,
        dt: float,
    ) -> None:
        n = len(bodies)
        self._bodies = bodies
        self._blocked = floor.obstacle_until
        self._period = limits.dt
        self._dt = dt
        self._shape = new_shape(layout.height, layout.width, limits.cell_m, model, body, dt)
        self._solid: Bool = np.ones((layout.height + 2, layout.width + 2), dtype=np.bool_)
        self._solid[1:-1, 1:-1] = ~layout.passable.reshape(layout.height, layout.width)
        self._near = new_nearby(n, layout.cells)
        self._partners: Int32 = np.full((n, PARTNERS), -1, dtype=np.int32)
        self._people = np.zeros(PEOPLE, dtype=PERSON)
        self._door = np.zeros(PEOPLE, dtype=PERSON)
        self._people["until"] = self._door["until"] = -np.inf
        self.counts: Int64 = np.zeros(3, dtype=np.int64)
        self._pairs = 0
        self._standing = 0

    @property
    def people(self) -> Records:
        """People on the floor, `body_records.PERSON`."""
        return self._people[: self._standing]

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """All that is not found anew in every period."""
        return self._partners.reshape(-1), self._people, self._door, self.counts

    def look(self, awake: Bool, start_s: float) -> Bool:
        """Let people decide where to walk, and return who may touch anything in the period, bool (n,)."""
        shape, near = self._shape, self._near
        if self._door["until"].max() > start_s:
            _people.enter(self._door, self._people, self._bodies, self._blocked, start_s, self._period, shape)
        self._standing = _people.walk(
            self._people, self._bodies, self._solid, self._blocked, start_s, self._period, shape
        )
        self._pairs = _near.find(
            self._bodies, awake, self._solid, self._people, self._standing, self._partners, near, self._period, shape
        )
        return near.crowd

    def press(self, rows: Int64, step: int) -> None:
        """Let robots push in a substep of the period; rows: those that may touch anything."""
        _contacts.press(
            rows, self._bodies, self._solid, self._people, self._standing, self._pairs, self._near,
            (step + 1) * self._dt, self._dt, self.counts, self._shape,
        )  # fmt: skip

    def remember(self) -> None:
        """The period is over."""
        _near.remember(self._partners, self._near, self._pairs)

    def send_in(self, fault: Fault, until_s: float) -> None:
        """Let somebody walk from a cell, as soon as no robot is there.

        If there are too many, whoever leaves first gives way.
        """
        place = int(np.argmin(self._door["until"]))
        row, column = divmod(fault.cell, self._shape.width)
        key = (int(self.counts.sum()) + fault.cell * _GOLDEN + round(fault.at_s * 1000)) & 0xFFFFFFFF
        person = np.zeros((), dtype=PERSON)
        person["x"], person["y"] = (column + 0.5) * self._shape.cell_m, (row + 0.5) * self._shape.cell_m
        person["cell"], person["speed"], person["key"], person["until"] = fault.cell, fault.value, key, until_s
        self._door[place] = person
