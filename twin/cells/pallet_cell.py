"""A depalletising cell: a gantry takes a mixed pallet apart and sets the boxes on a belt that takes them away."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final

import msgspec
import numpy as np

from twin.bullet.frames import Vector
from twin.cells.bullet_cell import BulletCell
from twin.cells.cell_world import BoxState
from twin.cells.conveyor import Conveyor
from twin.cells.gantry import Gantry
from twin.cells.grasping import Grasping, GraspParams
from twin.cells.gripper import SuctionCup
from twin.cells.line_times import LineTimes
from twin.cells.pallet_cell_state import PalletRecord, PalletVisit, Unloaded
from twin.cells.pallet_layout import (
    BELT_END_M,
    BELT_TOP_M,
    BELT_WIDTH_M,
    FRICTION,
    HEAD_END_M,
    HEAD_M,
    HOME,
    IN_PLACE_M,
    PALLET,
    add_pallet,
    is_on_belt,
    is_on_pallet,
    is_upright,
    on_deck,
)
from twin.cells.parcel import Parcel
from twin.cells.stacking import Box as Space
from twin.cells.stacking import lowest_place
from twin.cells.station_cell import STEP_S, LineState, Whereabouts
from twin.cells.unloader import Unloader
from twin.pallets.mixed_pallet import Box, MixedPallet, PalletError
from twin.pallets.picking import Pick
from twin.pallets.picking_tool import PickingTool
from twin.pallets.stacking import Stack
from twin.pallets.unloading import plan_unloading

_CUPS: Final = SuctionCup(diameter_m=0.12)  # a field of them, with the force of one that is as wide
_BELT_MPS, _BELT_MPS2 = 0.5, 1.5  # gently: boxes may be high and narrow
_END_M: Final = BELT_END_M - 0.2  # from here on the first box on the belt is stopped
_BELT: Final = Space((HEAD_END_M, -BELT_WIDTH_M / 2, BELT_TOP_M), (_END_M, BELT_WIDTH_M / 2, BELT_TOP_M))
_SPARE_M: Final = 0.05  # of the tool alone above everything


class PalletCell(BulletCell):
    """A gantry, a place for a pallet, and a belt: a StationCell, see there for what methods do.

    seed      of how pallets are stacked, of grasps, and of how long an attendant takes
    grasps    how they fail; None for the usual
    attend_s  median time until somebody has put back what fell, seconds

    The pallet decides in which order its boxes come: `begin` takes the next ones of `order` alone, as many as one
    likes. A visit ends when they lie on the belt, or the belt is full; then it takes away all that lies on it.
    Boxes can move while they are carried, and within 3 cm of one that is; the others stand where they are.
    """

    def __init__(self, seed: int, grasps: GraspParams | None = None, *, attend_s: float = 20.0) -> None:
        super().__init__(seed, attend_s)
        self._tool: Final = PickingTool(cups_m=_CUPS.diameter_m, out_x_m=HEAD_M - PALLET[0])
        add_pallet(self._world)
        self._belt: Final = Conveyor(self._world.client, 0.0, BELT_END_M, BELT_WIDTH_M, BELT_TOP_M)
        self._gantry: Final = Gantry(self._world, HOME, _CUPS.diameter_m)
        luck = Grasping(seed, GraspParams() if grasps is None else grasps)
        self._unloader: Final = Unloader(self._world, self._gantry, _CUPS, luck)
        self._belt_goes = False
        self._boxes: dict[int, Box] = {}
        self._masses: dict[int, float] = {}
        self._gone: list[int] = []
        self._pallets = 0
        self._order: list[Pick] = []
        self._visit: PalletVisit | None = None
        self._unloaded: list[Unloaded] = []
        self._dropped: list[int] = []
        self._keyframe()

    # What is to be seen

    @property
    def busy(self) -> bool:
        """Whether anything in it moves or is still to be done."""
        underway = not (self._unloader.resting and self._unloader.at_home) or self._belt_moves
        return underway or bool(self._dropped) or (self._visit is not None and not self.finished)

    @property
    def finished(self) -> bool:
        """Whether all that was asked for lies on the belt, or all for which there is room."""
        visit = self._visit
        if visit is None or self._dropped or not self._unloader.resting or self._belt_moves:
            return False
        return visit.full or not visit.wanted

    @property
    def state(self) -> LineState:
        """What it does now."""
        visit, unloader = self._visit, self._unloader
        if self._dropped or (unloader.state.drops and unloader.state.loose and not unloader.state.placed):
            return LineState.RECOVERING
        if visit is None or (self.finished and not visit.wanted):
            return LineState.IDLE
        return LineState.BLOCKED if self.finished else LineState.WORKING

    @property
    def order(self) -> tuple[int, ...]:
        """Ids of the boxes that are still on the pallet, in the order in which they come."""
        return tuple(pick.box for pick in self._order)

    @property
    def unloaded(self) -> tuple[Unloaded, ...]:
        """What came onto the belt in the visit that there is, or else in the last one, in order."""
        return tuple(self._unloaded)

    def whereabouts(self) -> Whereabouts:
        """Count all units, by where their bodies are."""
        counts = {"waiting": 0, "held": 0, "loaded": 0, "fallen": 0}
        for name in self._world:
            place = self._world.place(name)[0]
            if name == self._unloader.held:
                counts["held"] += 1
            elif is_on_belt(place):
                counts["loaded"] += 1
            else:
                counts["waiting" if is_on_pallet(place) else "fallen"] += 1
        return Whereabouts(came_in=len(self._boxes) + len(self._gone), gone=len(self._gone), **counts)

    # What is done to it

    def feed(self, parcels: Sequence[Parcel]) -> None:
        """Bring a pallet with these parcels, stacked in this order as far as they stand firmly.

        Raises InputError if there is a pallet already, if they do not fit on one, or cannot be taken off it.
        """
        stack = Stack(np.random.default_rng((self._seed, self._pallets)))
        for parcel in parcels:
            if not stack.put(parcel):
                raise PalletError(f"box {parcel.id}", "has no firm place on the pallet", "bring it with another")
        self.bring(stack.pallet())

    def bring(self, pallet: MixedPallet) -> None:
        """Bring a pallet that is stacked. Raises InputError if there is one already, or it cannot be taken apart."""
        if self._order:
            raise PalletError(
                "pallet cell", f"has a pallet with {len(self._order)} boxes", "let it be taken apart first"
            )
        for box in pallet.boxes:
            if box.id < 0 or box.id in self._boxes or box.id in self._gone:
                raise PalletError(f"box {box.id}", "was here before, or is negative", "give every box an id of its own")
        plan = plan_unloading(pallet, self._tool)
        for box_id, why in plan.refused.items():
            raise PalletError(f"box {box_id}", f"cannot be taken off the pallet: {why.value}", "have people do it")
        for box in pallet.boxes:
            self._know(box)
            self._lay(box.id)
        self._order = list(plan.picks)
        self._pallets += 1
        self._keyframe()

    def begin(self, parcels: Sequence[int]) -> None:
        """Put the next boxes onto the belt. Raises InputError if others are asked for, see `order`."""
        if self._visit is not None:
            raise PalletError("pallet cell", "is at work for somebody", "let it leave first")
        following = self.order[: len(parcels)]
        if sorted(parcels) != sorted(following):
            raise PalletError("pallet cell", f"was asked for {list(parcels)}", f"ask for the next ones, {following}")
        self._visit = PalletVisit(list(following))
        self._unloaded = []
        self._keyframe()

    def leave(self) -> tuple[int, ...]:
        """The belt takes away what lies on it."""
        if not self.finished:
            raise PalletError("pallet cell", "is not finished", "wait until it is")
        taken = tuple(name for name in self._world if is_on_belt(self._world.place(name)[0]))
        for name in taken:
            self._world.take(name)
            del self._boxes[name], self._masses[name]
        self._gone += taken
        self._visit = None
        self._keyframe()
        return taken

    # What goes on in it

    def _step(self) -> None:
        self._times.add(self.state, 1)
        change = _BELT_MPS2 * STEP_S if self._belt_goes else -_BELT_MPS2 * STEP_S
        self._belt.run(min(max(self._belt.speed_mps + change, 0.0), _BELT_MPS))
        self._belt.drive()
        for name in self._unloader.step(self._steps, self._masses):
            self._came_to_rest(name)
        if self._belt_goes:
            self._watch_belt()
        elif self._unloader.resting and not self._belt_moves:
            self._decide()

    @property
    def _belt_moves(self) -> bool:
        return self._belt_goes or self._belt.speed_mps > 0.0

    def _decide(self) -> None:
        """Everything rests: what is to be done next?"""
        visit = self._visit
        if self._dropped:
            if not self._unloader.at_home:
                self._unloader.go_home()
            elif self._attendant.done(self._steps):
                self._put_back()
        elif visit is not None and visit.wanted and not visit.full:
            self._take_next()
        elif not self._unloader.at_home:
            self._unloader.go_home()

    def _take_next(self) -> None:
        pick = self._order[0]
        box = self._boxes[pick.box]
        on_belt = [top for middle, top in self._tops() if is_on_belt(middle)]
        everything = [top for _, top in self._tops()]
        over_belt = max(on_belt, default=BELT_TOP_M) + self._tool.clearance_m
        carry_m = max(PALLET[2] + box.z_m + pick.lift_m, over_belt)
        self._unloader.start(box.parcel, carry_m, max(everything) + _SPARE_M, self._steps)

    def _tops(self) -> list[tuple[Vector, float]]:
        """Middle and upper face of each box."""
        found = (self._world.box(name) for name in self._world)
        return [(box.position, box.position[2] + box.size_m[2] / 2) for box in found]

    def _came_to_rest(self, name: int) -> None:
        """A box lies still that moved: on the belt, where it was on the pallet, or where somebody has to fetch it."""
        box, state = self._world.box(name), self._unloader.state
        is_to_come = name in self.order
        if is_to_come and name == state.box and state.placed and is_on_belt(box.position):
            self._is_unloaded(box)
        elif not (self._is_in_place(name, box) if is_to_come else is_on_belt(box.position)):
            self._dropped.append(name)
            self._attendant.call(self._steps)

    def _is_unloaded(self, box: BoxState) -> None:
        """The box that was let go on the belt lies there: the belt carries it on."""
        state, visit = self._unloader.state, self._visit
        name = self._order.pop(0).box
        if visit is not None:
            visit.wanted.remove(name)
        off_m = hypot(box.position[0] - HEAD_M, box.position[1])
        self._unloaded.append(Unloaded(name, state.begun, self._steps, state.grasps, state.drops, off_m))
        on_belt = [one for one in self._world if is_on_belt(self._world.place(one)[0])]
        self._unloader.loosen(on_belt, self._masses, self._steps)
        self._belt_goes = True

    def _is_in_place(self, name: int, box: BoxState) -> bool:
        place = on_deck(self._boxes[name])
        return is_upright(box) and all(
            abs(at - meant) < IN_PLACE_M for at, meant in zip(box.position, place, strict=True)
        )

    def _watch_belt(self) -> None:
        """Stop it when its head is free, or the first box is at its end."""
        boxes = [self._world.box(name) for name in self._world]
        on_belt = [box for box in boxes if is_on_belt(box.position)]
        head_is_free = all(box.position[0] - box.size_m[0] / 2 > HEAD_END_M for box in on_belt)
        at_end = any(box.position[0] + box.size_m[0] / 2 > _END_M for box in on_belt)
        if head_is_free or at_end:
            self._belt_goes = False
            if self._visit is not None:
                self._visit.full = not head_is_free

    def _put_back(self) -> None:
        """Somebody lays what fell where it belongs: on the pallet, or on the belt if it had been there."""
        for name in self._dropped:
            if name in self.order:
                self._lay(name)
            else:
                self._lay_on_belt(name)
        self._dropped.clear()

    def _lay_on_belt(self, name: int) -> None:
        parcel = self._boxes[name].parcel
        self._world.take(name)
        there = [self._world.client.getAABB(self._world.number(one)) for one in self._world]
        lying = [Space(low, high) for low, high in there]
        place = lowest_place(parcel, _BELT, lying)
        self._world.put(name, BoxState(parcel.size_m, 0.0, place, friction=FRICTION))

    def _know(self, box: Box) -> None:
        self._boxes[box.id] = box
        self._masses[box.id] = box.parcel.mass_kg

    def _lay(self, name: int) -> None:
        """Lay a box where it belongs on the pallet."""
        box = self._boxes[name]
        self._world.put(name, BoxState(box.parcel.size_m, 0.0, on_deck(box), friction=FRICTION))

    # Checkpoints

    def _record(self) -> bytes:
        record = PalletRecord(
            list(self._boxes.values()),
            self._gone,
            self._pallets,
            self._order,
            self._visit,
            self._unloaded,
            self._dropped,
            list(self._times.steps),
            (self._belt_goes, self._belt.speed_mps),
            self._unloader.state,
            self._gantry.state(),
            self._world.state(),
            self._attendant.then(),
        )
        return msgspec.msgpack.encode(record)

    def _restore(self, record: bytes) -> None:
        then = msgspec.msgpack.decode(record, type=PalletRecord)
        self._boxes, self._masses = {}, {}
        for box in then.boxes:
            self._know(box)
        self._gone, self._pallets, self._order = then.gone, then.pallets, then.order
        self._visit, self._unloaded, self._dropped = then.visit, then.unloaded, then.dropped
        self._times = LineTimes(then.times)
        self._belt_goes, speed_mps = then.belt
        self._belt.run(speed_mps)
        self._world.restore(then.world)
        self._gantry.restore(then.gantry)
        self._attendant.resume(then.attendant)
        about = self._boxes.get(-1 if then.unloader.box is None else then.unloader.box)
        self._unloader.resume(then.unloader, None if about is None else about.parcel)
