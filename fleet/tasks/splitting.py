"""An order becomes tasks: its units into totes, its totes onto robots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Final

from fleet.tasks.model import Errand, ErrandKind, Order, OrderLine, Services, Slotting, Task
from fleet.tasks.refusal import Refusal, RefusalReason
from robots.model import RobotModel

# Litres and kilograms are sums of floats: 300 units of 0.1 kg are 30 kg, whatever the last bit says.
_ROUNDING: Final = 1.0 + 1e-9


@dataclass(frozen=True, slots=True)
class _Tote:
    """Units of one order line in one tote. Lines are never mixed, so a tote can be checked against its line."""

    line: OrderLine
    units: int

    @property
    def mass_kg(self) -> float:
        """Mass of its units."""
        return self.units * self.line.unit_kg


@dataclass(frozen=True, slots=True)
class OrderSplitter:
    """Splits orders into tasks that one robot of the given model can carry, on a floor `width` cells wide.

    A task fills at most `robot.totes` totes of `robot.tote_litres` each (by volume; the shape of units is not looked
    at) and weighs at most `robot.payload_kg`; a line that is too much for that is spread over totes and tasks.
    Errands take the seconds of their places, or what `services` says. `last` is what ends every task: dropping its load
    into a chute, or, of replenishments, putting it into a bin.
    """

    slotting: Slotting
    robot: RobotModel
    width: int
    services: Services | None = None
    last: ErrandKind = ErrandKind.DROP

    def split(self, order: Order, first_id: int) -> tuple[Task, ...] | Refusal:
        """Return the order's tasks, numbered from `first_id`, or why no robot can do it.

        Every unit of every line is picked in exactly one task. Each task picks one tote an errand and ends with one
        drop of all its units.
        """
        for line in order.lines:
            refusal = self._unit_refusal(order, line)
            if refusal:
                return refusal
        try:
            drop_cell, drop_s, destination = self.slotting.drop_place(order.id, order.destination)
        except KeyError:
            detail = f"the floor has no chute for destination {order.destination!r}"
            return Refusal(order.id, RefusalReason.UNKNOWN_DESTINATION, detail)
        waiting = [self._totes(line) for line in order.lines]
        tasks: list[Task] = []
        while any(waiting):
            picks, load = self._fill_robot(waiting, drop_cell)
            units = sum(tote.units for tote in load)
            errands = (*picks, Errand(drop_cell, self.last, drop_s, units=units))
            tasks.append(
                Task(
                    id=first_id + len(tasks),
                    order_id=order.id,
                    destination=destination,
                    errands=self._timed(errands, load, f"{order.id}\0{len(tasks)}"),
                    priority=order.priority,
                    release_s=order.release_s,
                    due_s=order.due_s,
                    units=units,
                    mass_kg=sum(tote.mass_kg for tote in load),
                    totes=len(load),
                )
            )
        return tuple(tasks)

    def _unit_refusal(self, order: Order, line: OrderLine) -> Refusal | None:
        if line.unit_kg > self.robot.payload_kg * _ROUNDING:
            detail = f"a unit of {line.sku!r} weighs {line.unit_kg:g} kg, a robot carries {self.robot.payload_kg:g} kg"
            return Refusal(order.id, RefusalReason.UNIT_TOO_HEAVY, detail)
        if line.unit_litres > self.robot.tote_litres * _ROUNDING:
            holds = f"a tote holds {self.robot.tote_litres:g} l"
            detail = f"a unit of {line.sku!r} takes {line.unit_litres:g} l, {holds}"
            return Refusal(order.id, RefusalReason.UNIT_TOO_LARGE, detail)
        return None

    def _totes(self, line: OrderLine) -> list[_Tote]:
        """Fill totes with the units of a line: full ones, then the lighter one with the rest."""
        full = line.quantity
        for each, most in ((line.unit_litres, self.robot.tote_litres), (line.unit_kg, self.robot.payload_kg)):
            if full * each > most:
                full = min(full, floor(most * _ROUNDING / each))
        loads = [full] * (line.quantity // full)
        if line.quantity % full:
            loads.append(line.quantity % full)
        return [_Tote(line, units) for units in loads]

    def _fill_robot(self, waiting: list[list[_Tote]], drop_cell: int) -> tuple[list[Errand], list[_Tote]]:
        """Take the totes of one task from the ends of `waiting`; return its pick errands in driving order and them.

        `waiting` has the totes of one order line each. The trip is built backwards from the chute: the last pick is
        the one closest to it, each earlier one the closest to the pick after it, among those the robot can still carry
        (distances along rows and columns; on a tie the earlier line). The farther ones stay together for later tasks.
        """
        picks: list[Errand] = []
        load: list[_Tote] = []
        mass_kg = 0.0
        cell = drop_cell
        while len(load) < self.robot.totes:
            room_kg = self.robot.payload_kg * _ROUNDING - mass_kg
            # One tote alone was filled to be light enough, whatever the rounding.
            fitting = [totes for totes in waiting if totes and (not load or totes[-1].mass_kg <= room_kg)]
            if not fitting:
                break
            places = {sku: self.slotting.pick_place(sku, cell) for sku in {totes[-1].line.sku for totes in fitting}}
            tote = min(fitting, key=lambda totes: self._apart(places[totes[-1].line.sku][0], cell)).pop()
            cell, service_s = places[tote.line.sku]
            picks.append(Errand(cell, ErrandKind.PICK, service_s, tote.line.sku, tote.units))
            load.append(tote)
            mass_kg += tote.mass_kg
        return picks[::-1], load

    def _timed(self, errands: tuple[Errand, ...], load: Sequence[_Tote], name: str) -> tuple[Errand, ...]:
        """Return the errands of a task with their seconds; `load`: its totes, from the last one picked to the first."""
        if self.services is None:
            return errands
        goods = [(tote.line.unit_litres, tote.line.unit_kg, tote.units) for tote in reversed(load)]
        handled = [*([tote] for tote in goods), goods]
        return tuple(
            replace(errand, service_s=self.services.seconds(errand.cell, errand.service_s, those, f"{name}\0{number}"))
            for number, (errand, those) in enumerate(zip(errands, handled, strict=True))
        )

    def _apart(self, cell: int, other: int) -> int:
        row, column = divmod(cell, self.width)
        other_row, other_column = divmod(other, self.width)
        return abs(row - other_row) + abs(column - other_column)
