"""A goods-to-robot pick station: an arm takes parcels out of totes and sets them on the tray of the docked robot."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, pi, radians, sin
from random import Random
from typing import Final

import msgspec
import numpy as np

from robots.arrays import Bool, Float64
from robots.errors import InputError
from robots.model import RobotModel
from twin.cells.arm import KUKA, Arm, ArmModel, reaches
from twin.cells.bullet_cell import BulletCell
from twin.cells.cell_world import BoxState, turned, yaw_of
from twin.cells.grasping import Grasping, GraspParams
from twin.cells.gripper import SuctionCup, SuctionGripper
from twin.cells.line_times import LineTimes
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import parcel_class
from twin.cells.pick_layout import (
    CLEAR_M,
    DECK_M,
    FOOT,
    TOTES,
    TRAY_HIGHEST_M,
    add_totes,
    in_tote,
    on_tray,
    robot_box,
    tray_middle,
    tray_size,
)
from twin.cells.pick_rules import why_not
from twin.cells.pick_state import Pick, PickRecord, Visit
from twin.cells.picker import Picker
from twin.cells.station_cell import LineState, Whereabouts
from twin.cells.tote_store import ToteStore, lies_turned
from twin.cells.tray_pattern import Spot, TrayPattern

_ROBOT: Final = -1  # name of the docked robot's box; parcels have their ids
_THINNEST_M: Final = 0.003  # of a body: envelopes bulge
_ASIDE_M, _ASIDE_RAD = 0.006, radians(2.0)  # by how much a parcel lies off the middle of its compartment
_SPARE_M: Final = 0.02  # that a place on the tray is nearer than the arm reaches: the cup may hold beside the middle
_FRICTION: Final = 0.6
_LEVEL: Final = 0.05  # sine of half of the angle by which what lies flat may lean
_IN_PLACE_M: Final = 0.03


class PickCell(BulletCell):
    """An arm, two places for totes that come and go, and one for a robot: a StationCell, see there for what methods do.

    seed      of everything random: how parcels lie, how grasps fail, how long an attendant takes
    robot     model of the robots that dock
    arm       KUKA or PANDA
    grasps    noise and failures
    totes     that the store behind the cell has
    attend_s  median time until somebody has put back what fell, seconds; the arm waits aside

    Parcels' ids are 0 or more. What a robot cannot take, because there is no room on its tray or it would be too heavy,
    stays in its tote: then the robot is finished, and the cell BLOCKED, with what there is.
    """

    def __init__(
        self,
        seed: int,
        robot: RobotModel,
        *,
        arm: ArmModel = KUKA,
        grasps: GraspParams | None = None,
        totes: int = 60,
        attend_s: float = 30.0,
    ) -> None:
        super().__init__(seed, attend_s)
        self._robot: Final = robot
        self._cup: Final = SuctionCup()
        add_totes(self._world)
        self._arm: Final = Arm(self._world, arm, FOOT)
        gripper = SuctionGripper(self._world, self._arm, self._cup)
        self._picker: Final = Picker(
            self._world, self._arm, gripper, Grasping(seed, GraspParams() if grasps is None else grasps)
        )
        self._store: Final = ToteStore(totes, TOTES)
        self._tray: Final = TrayPattern(tray_size(robot), tray_middle(robot), TRAY_HIGHEST_M)
        self._parcels: dict[int, Parcel] = {}
        self._gone: list[int] = []
        self._visit: Visit | None = None
        self._picks: list[Pick] = []
        self._dropped: list[int] = []
        self._keyframe()

    # What is to be seen

    @property
    def busy(self) -> bool:
        """Whether anything in it moves or is still to be done."""
        underway = not (self._picker.resting and self._picker.state.at_home) or self._store.coming
        return underway or bool(self._dropped) or (self._visit is not None and not self.finished)

    @property
    def finished(self) -> bool:
        """Whether the robot has all that was asked for, or all that it can take."""
        visit = self._visit
        if visit is None or self._dropped or not self._picker.resting:
            return False
        return not visit.wanted

    @property
    def state(self) -> LineState:
        """What it does now."""
        if self._dropped or self._picker.falling:
            return LineState.RECOVERING
        if self._visit is None or (self.finished and not self._visit.left):
            return LineState.IDLE
        if self.finished:
            return LineState.BLOCKED
        return LineState.STARVED if self._picker.resting else LineState.WORKING

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What the robot that stands there has got so far, or else the last one got, in order."""
        return tuple(self._picks)

    @property
    def drops(self) -> int:
        """How often the cup lost a parcel, ever."""
        return self._picker.state.drops

    def whereabouts(self) -> Whereabouts:
        """Count all units, by where their bodies are; those in totes that are not at the arm have none."""
        counts = {"waiting": 0, "held": 0, "loaded": 0, "fallen": 0}
        held, fallen = self._world.welded, [*self._dropped, *self._picker.falling]
        for name in self._names():
            place, _ = self._world.place(name)
            if name in held:
                counts["held"] += 1
            elif name in fallen:
                counts["fallen"] += 1
            elif on_tray(place, self._robot):
                counts["loaded"] += 1
            else:
                counts["waiting" if in_tote(place) else "fallen"] += 1
        counts["waiting"] += sum(parcel not in self._world for parcel in self._store.hidden)
        return Whereabouts(came_in=len(self._parcels) + len(self._gone), gone=len(self._gone), **counts)

    # What is done to it

    def feed(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels into totes. Raises InputError for parcels that the arm cannot pick, and if there is no room."""
        for at, parcel in enumerate(parcels):
            where = f"parcel {parcel.id} ({parcel.sku})"
            known = parcel.id in self._parcels or parcel.id in self._gone
            if parcel.id < 0 or known or any(parcel.id == other.id for other in parcels[:at]):
                raise InputError(where, "was here before, or is negative", "give every parcel an id of its own")
            reason = why_not(parcel, self._arm.model, self._cup)
            if reason is not None:
                raise InputError(where, reason, "have a person pick it")
        self._store.put(parcels)
        self._parcels |= {parcel.id: parcel for parcel in parcels}
        self._keyframe()

    def begin(self, parcels: Sequence[int]) -> None:
        """A robot has docked and is to get these parcels."""
        if self._visit is not None:
            raise InputError("pick cell", "a robot stands there already", "let it leave first")
        for at, parcel in enumerate(parcels):
            if parcel in self._gone or parcel < 0 or parcel in parcels[:at]:
                raise InputError(f"parcel {parcel}", "has left, or is asked for twice", "ask for others")
        self._visit = Visit(list(parcels))
        self._picks = []
        self._world.put(_ROBOT, robot_box(self._robot))
        self._keyframe()

    def leave(self) -> tuple[int, ...]:
        """The robot leaves with what lies on its tray."""
        if not self.finished:
            raise InputError("pick cell", "no robot there is finished", "wait until it is")
        taken = tuple(name for name in self._names() if on_tray(self._world.place(name)[0], self._robot))
        for name in (*taken, _ROBOT):
            self._world.take(name)
        for name in taken:
            del self._parcels[name]
        self._gone += taken
        self._visit = None
        self._keyframe()
        return taken

    # What goes on in it

    def _step(self) -> None:
        self._times.add(self.state, 1)
        for name in self._store.step():
            if name not in self._world:
                self._lay(name)
        for name in self._picker.step(self._steps):
            self._came_to_rest(name)
        if self._picker.resting:
            self._decide()

    def _decide(self) -> None:
        """The arm rests: what is to be done next?"""
        if self._dropped:
            if not self._picker.state.at_home:
                self._picker.go_home()
            elif self._attendant.done(self._steps):
                self._put_back()
            return
        visit = self._visit
        if visit is not None:
            wanted = [name for name in visit.wanted if self._store.has(name)]
            for name in self._store.call(wanted):
                self._world.take(name)
            ready = next((name for name in wanted if self._store.at_arm(name)), None)
            if ready is not None:
                self._pick(self._parcels[ready], visit)
                return
        if not self._picker.state.at_home:
            self._picker.go_home()

    def _pick(self, parcel: Parcel, visit: Visit) -> None:
        """Have the arm set off for a parcel; call for help if it lies where the arm cannot take it."""
        tops = [0.0]
        self._tray.clear()
        load_kg = parcel.mass_kg
        for name in self._names():
            box = self._world.box(name)
            tops.append(box.position[2] + box.size_m[2] / 2)
            if on_tray(box.position, self._robot):
                self._tray.add(box.size_m, box.position, turned=_across(box))
                load_kg += self._parcels[name].mass_kg
        clear_m = max(DECK_M, *tops) + CLEAR_M
        size = self._world.box(parcel.id).size_m
        spot = self._spot(size, clear_m) if load_kg <= self._robot.payload_kg else None
        if spot is None:
            visit.wanted.remove(parcel.id)
            visit.left.append(parcel.id)
        elif not self._picker.start(parcel, spot, clear_m, self._steps):
            self._drop(parcel.id)

    def _spot(self, size_m: tuple[float, float, float], clear_m: float) -> Spot | None:
        """Return where on the tray there is room, within reach with some to spare."""
        model = self._arm.model

        def reach(x: Float64, y: Float64, top: Float64) -> Bool:
            away = np.hypot(x, y)
            within = np.ones(x.shape, dtype=np.bool_)
            for share in (1.0 + _SPARE_M / away, 1.0 - _SPARE_M / away):
                for z in (top, np.full_like(top, clear_m + size_m[2])):
                    within &= reaches(model, FOOT, x * share, y * share, z)
            return within

        return self._tray.spot(size_m, reach)

    def _came_to_rest(self, name: int) -> None:
        """A parcel lies still that moved: on the tray, back in its tote, or where it has to be picked up."""
        box, visit = self._world.box(name), self._visit
        work = self._picker.state.works[name]
        upright = abs(box.rotation[0]) < _LEVEL and abs(box.rotation[1]) < _LEVEL
        aboard = work.carried and not work.lost and upright and on_tray(box.position, self._robot)
        if aboard and visit is not None:
            del self._picker.state.works[name]
            self._store.take(name)
            visit.wanted.remove(name)
            off_m = hypot(box.position[0] - work.base[0], box.position[1] - work.base[1])
            kind = parcel_class(self._parcels[name])
            self._picks.append(Pick(name, kind, work.begun, self._steps, work.grasps, work.drops, off_m))
        elif not (upright and self._in_its_place(name)):
            self._drop(name)

    def _in_its_place(self, name: int) -> bool:
        """Whether a parcel lies about where its compartment is."""
        x, y, z = self._store.place(name)
        box = self._world.box(name)
        beside = hypot(box.position[0] - x, box.position[1] - y)
        return beside < _IN_PLACE_M and abs(box.position[2] - box.size_m[2] / 2 - z) < _IN_PLACE_M

    def _drop(self, name: int) -> None:
        """A parcel has to be put back by somebody."""
        self._dropped.append(name)
        self._attendant.call(self._steps)

    def _put_back(self) -> None:
        for name in self._dropped:
            self._lay(name)
        self._dropped.clear()

    def _lay(self, name: int) -> None:
        """Lay a parcel into its compartment, as somebody has who filled the tote: not quite in the middle."""
        parcel = self._parcels[name]
        random = Random(f"{self._seed} {name} lies")  # noqa: S311 - a simulation; the text is hashed by SHA-512
        x, y, z = self._store.place(name)
        x, y = x + random.uniform(-_ASIDE_M, _ASIDE_M), y + random.uniform(-_ASIDE_M, _ASIDE_M)
        yaw = random.uniform(-_ASIDE_RAD, _ASIDE_RAD) + (pi / 2 if lies_turned(parcel) else 0.0)
        length, width, height = (max(edge, _THINNEST_M) for edge in parcel.size_m)
        box = BoxState((length, width, height), 0.0, (x, y, z + height / 2), turned(yaw), friction=_FRICTION)
        self._world.put(name, box)

    def _names(self) -> list[int]:
        return [name for name in self._world if name != _ROBOT]

    # Checkpoints

    def _record(self) -> bytes:
        record = PickRecord(
            self._parcels,
            self._gone,
            self._visit,
            self._picks,
            self._dropped,
            list(self._times.steps),
            self._picker.state,
            self._world.state(),
            self._arm.state(),
            self._store.state(),
            self._attendant.then(),
        )
        return msgspec.msgpack.encode(record)

    def _restore(self, record: bytes) -> None:
        then = msgspec.msgpack.decode(record, type=PickRecord)
        self._parcels, self._gone = then.parcels, then.gone
        self._visit, self._picks, self._dropped = then.visit, then.picks, then.dropped
        self._times = LineTimes(then.times)
        self._world.restore(then.world)
        self._arm.restore(then.arm)
        self._store.restore(then.store)
        self._attendant.resume(then.attendant)
        about = then.picker.parcel
        self._picker.resume(then.picker, None if about is None else self._parcels[about])


def _across(box: BoxState) -> bool:
    """Whether a box lies with its length along y."""
    return abs(sin(yaw_of(box.rotation))) > 0.5
