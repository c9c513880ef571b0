"""Execution: from plan windows to grants, and from what robots say to where the next plan starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from fleet.grid.layout import Layout
from fleet.traffic.ledger import RING, TrafficLedger
from fleet.traffic.params import GrantParams
from fleet.traffic.rings import RingFinder
from robots.arrays import Bool, Float32, Int8, Int32, UInt8
from robots.driver import Commands
from robots.state import Action, Entry, FleetState

# Change of heading by action: forward, clockwise, counter-clockwise, wait.
_TURN: Int8 = np.array([0, 1, -1, 0], dtype=np.int8)
NO_ENTRY: Final = -1


class GrantExecution:
    """Turns plan windows into grants. Columns of length n.

    service_entry  int32, number of the SERVICE entry in each robot's base that is not confirmed yet, NO_ENTRY for none
    refused        int32 (4,): grants withheld because the next cell was held by another robot, was closed, was
                   another's turn, or the robot had as much as it may have
    granted        entries that were granted out of windows
    rings_cut      rings of robots that were taken out of plans
    """

    def __init__(self, ledger: TrafficLedger, params: GrantParams, *, entries_ahead: int) -> None:
        n = ledger.robots
        self.ledger = ledger
        self.params = params
        self._layout: Layout = ledger.layout
        self._rings = RingFinder(ledger.layout)
        self._most = min(entries_ahead, RING - 1)
        self._commands = Commands.none(n, self._most)
        self._plans = 0
        self.pinned: Bool = np.zeros(n, dtype=np.bool_)
        self.service_entry: Int32 = ledger.unconfirmed(Entry.SERVICE)
        self._charge_entry: Int32 = ledger.unconfirmed(Entry.CHARGE)
        self.refused: Int32 = np.zeros(4, dtype=np.int32)
        self.granted = 0
        self.rings_cut = 0

    def observe(self, state: FleetState) -> Bool:
        """Take in what robots say; return those whose service was dropped before it began, bool (n,)."""
        ledger = self.ledger
        ledger.take_in(state)
        self.service_entry[self.service_entry < ledger.confirmed] = NO_ENTRY
        dropped: Bool = self.service_entry >= ledger.granted
        self.service_entry[dropped] = NO_ENTRY
        self._charge_entry[self._charge_entry >= ledger.granted] = NO_ENTRY
        return dropped

    def committed(self, state: FleetState) -> FleetState:
        """The fleet as it will be when every grant is carried out: where plans start and what dispatching counts on.

        A service that was granted is under way, as far as anybody else knows, until it is confirmed.
        """
        serving = self.service_entry != NO_ENTRY
        return replace(
            state,
            cell=self.ledger.end_cell,
            heading=self.ledger.end_heading,
            service_left_s=np.where(serving, np.maximum(state.service_left_s, np.float32(1e-3)), np.float32(0.0)),
        )

    def start_services(self, service_s: Float32) -> Int32:
        """Grant a SERVICE entry to every robot with more than 0 s of it, float32 (n,); return those robots."""
        robots = np.flatnonzero(service_s > 0).astype(np.int32)
        if len(robots):
            self.service_entry[robots] = self.ledger.granted[robots]
            self.ledger.act(robots, Entry.SERVICE, service_s[robots])
        return robots

    def charge(self, robots: Bool) -> None:
        """Let these robots, bool (n,), take energy where their bases end, those that do not yet do so."""
        does = (self._charge_entry != NO_ENTRY) & (self._charge_entry == self.ledger.granted - 1)
        new = np.flatnonzero(robots & ~does).astype(np.int32)
        if len(new):
            self._charge_entry[new] = self.ledger.granted[new]
            self.ledger.act(new, Entry.CHARGE)

    def accept(self, actions: UInt8) -> UInt8:
        """Take a plan window, uint8 (w, n), that starts from the grant ends; return what is accepted of it.

        Rings of robots that would each enter the next one's cell are taken out of the first step, and the window ends
        before a later step that has one. One robot of each ring is `pinned` until the next window, so that the same
        ring is not planned again.
        """
        cells, headings = self.ledger.end_cell, self.ledger.end_heading
        self._plans += 1
        accepted = actions.copy()
        stay, self.pinned = self._rings.find(cells, headings, actions[0], self._plans % 5)
        usable = len(actions)
        if stay.any():
            accepted[:, stay] = Action.WAIT
            usable = 1
            self.rings_cut += int(self.pinned.sum())
        for step in range(1, usable):
            forward = accepted[step - 1] == Action.FORWARD
            cells = np.where(forward, self._layout.neighbours[cells, headings], cells)
            headings = (headings + _TURN[accepted[step - 1]]) & np.int8(3)
            if self._rings.find(cells, headings, accepted[step])[0].any():
                usable = step
                break
        window: UInt8 = accepted[:usable]
        self.ledger.load_window(window)
        return window

    def grant(self, order: Int32, may: Bool, state: FleetState, closed: Bool, closed_edges: Bool) -> None:
        """Grant what robots will soon need and can have; order int32 (n,): whom to ask first."""
        self.granted += self.ledger.grant(
            order,
            may,
            self.ledger.time_to_end(state),
            need_s=self.params.reaction_s,
            most=self._most,
            most_cells=self.params.most_cells,
            closed=closed,
            closed_edges=closed_edges,
            refused=self.refused,
        )

    def commands(self, halt: Bool, speed_limit_mps: Float32) -> Commands:
        """What every robot may do now; the columns are overwritten by the next call."""
        commands = self._commands
        self.ledger.record_confirmed()
        self.ledger.write(commands)
        commands.halt[:] = halt
        commands.speed_limit_mps[:] = speed_limit_mps
        return commands
