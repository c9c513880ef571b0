"""Mutants of the controller: ledger, journal, windows and epochs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.planning import request
from fleet.traffic import _ledger
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.rings import RingFinder
from robots.state import FleetState
from tests.mutants.mutant import Mutant, both, edit, nothing, wrap

_DROPS_S = 2.0


def _free(ledger: TrafficLedger, cells: Iterable[int]) -> None:
    ledger.holder[list(cells)] = NO_ROBOT
    ledger._holds[list(cells)] = 0


def _frees_silent(look, floor, state, now_s):
    look(floor, state, now_s)
    ledger = floor._ledger
    robots = np.flatnonzero(state.time_s - state.heard_s > _DROPS_S)
    _free(ledger, np.flatnonzero(np.isin(ledger.holder, robots)).tolist())


def _frees_failed(look, floor, state, now_s):
    look(floor, state, now_s)
    ledger = floor._ledger
    own = np.isin(ledger.holder, np.flatnonzero(floor.watch.lost))
    own[ledger.cell] = False
    _free(ledger, np.flatnonzero(own).tolist())


def _frees_granted(grant, ledger, *arguments, **named):
    count = grant(ledger, *arguments, **named)
    moved = ledger._log_robot[:count][ledger._log_kind[:count] == _ledger.FORWARD]
    _free(ledger, ledger.cell[moved].tolist())
    return count


def _frees_driving(take_in, ledger: TrafficLedger, state: FleetState):
    take_in(ledger, state)
    _free(ledger, ledger.cell[(state.speed_mps > 0.05) & (ledger.granted > ledger.confirmed)].tolist())


def _forgets_last_tick(granted, journal, record):
    pending = getattr(journal, "pending", None)
    if pending is not None:
        granted(journal, pending)
    journal.pending = type(record)(record.robot.copy(), record.kind.copy(), record.service_s.copy())


def _loses_pending(restore, journal):
    journal.pending = None
    return restore(journal)


RELEASES = (
    Mutant(
        "timeout_frees_holds",
        "cells of a robot that has been silent for 2 s are released",
        "P6",
        "broken",
        wrap(FloorControl, "step", _frees_silent),
    ),
    Mutant(
        "lost_robots_lose_their_way",
        "a robot that is lost keeps only the cell that it stands in",
        "P6",
        "broken",
        wrap(FloorControl, "step", _frees_failed),
    ),
    Mutant(
        "released_when_granted",
        "a cell is released when the next one is granted, not when it is confirmed as left",
        "P6",
        "calm",
        wrap(TrafficLedger, "grant", _frees_granted),
    ),
    Mutant(
        "released_when_driving",
        "a cell is released when its robot begins to leave it",
        "P6",
        "calm",
        wrap(TrafficLedger, "take_in", _frees_driving),
    ),
    Mutant(
        "released_ahead",
        "a confirmation releases the cell that was entered instead of the one that was left",
        "P6",
        "calm",
        edit(_ledger, "confirm", "_release(cell[robot]", "_release(after_cell[robot, column]"),
    ),
    Mutant(
        "cut_keeps_cells",
        "a cut forgets entries and goes on holding their cells",
        "P6",
        "links",
        edit(_ledger, "cut", "_release(after_cell[robot, column], holder, holds)", "pass"),
    ),
    Mutant(
        "cut_ignored",
        "what a robot says it has dropped counts as granted",
        "P6",
        "links",
        edit(TrafficLedger, "take_in", "ready, state.received", "ready, self.granted[ready]"),
    ),
    Mutant(
        "cut_too_far",
        "a robot that obeys a new epoch loses what it has kept as well",
        "P6",
        "links",
        edit(TrafficLedger, "take_in", "ready, state.received", "ready, state.confirmed"),
    ),
    Mutant(
        "journal_after_sending",
        "grants are written to the journal a tick after they are sent",
        "P6",
        "links",
        both(wrap(MemoryJournal, "granted", _forgets_last_tick), wrap(MemoryJournal, "restore", _loses_pending)),
    ),
    Mutant(
        "journal_without_cuts",
        "the journal is not told what robots have dropped",
        "P6",
        "links",
        wrap(MemoryJournal, "cut", nothing),
    ),
)

GRANTS = (
    Mutant(
        "holder_ignored",
        "grants do not look at who holds the cell",
        "P1",
        "calm",
        edit(_ledger, "grant", "if holder[place] != NOBODY and holder[place] != robot:", "if False:"),
    ),
    Mutant(
        "occupied_for_held",
        "grants look at where robots are, not at what they hold",
        "P1",
        "calm",
        edit(
            _ledger,
            "grant",
            "if holder[place] != NOBODY and holder[place] != robot:",
            "if holder[place] != NOBODY and kind[holder[place], (granted[holder[place]] - 1) % RING] != FORWARD:",
        ),
    ),
    Mutant(
        "rows_skip_an_entry",
        "rows begin with the second entry that is not confirmed",
        "P3",
        "calm",
        edit(TrafficLedger, "write", "commands.index[:] = self.confirmed", "commands.index[:] = self.confirmed + 1"),
    ),
    Mutant(
        "rows_without_turns",
        "turns are left out of rows",
        "P9",
        "calm",
        edit(
            _ledger,
            "write_rows",
            "entries[robot, k] = kind[robot, column]",
            "entries[robot, k] = kind[robot, column] if kind[robot, column] not in (1, 2) else WAIT",
        ),
    ),
    Mutant(
        "grants_replanned",
        "each plan takes back what robots have not confirmed",
        "P3",
        "calm",
        edit(
            GrantExecution,
            "accept",
            "self.ledger.load_window(window)",
            "self.ledger.granted[:] = np.minimum(self.ledger.granted, self.ledger.confirmed + 1)\n"
            "    self.ledger.load_window(window)",
        ),
    ),
    Mutant(
        "plans_start_at_robots",
        "plans start where robots are, and are carried out from where their grants end",
        "P5",
        "calm",
        edit(GrantExecution, "committed", "cell=self.ledger.end_cell", "cell=self.ledger.cell"),
    ),
    Mutant(
        "plans_start_beyond_grants",
        "plans start where the next grants will lead, which nobody has promised",
        "P4",
        "crowd",
        both(
            wrap(request, "check_request", nothing),
            edit(
                GrantExecution,
                "committed",
                "cell=self.ledger.end_cell",
                "cell=np.where(self.ledger._window[0] == 0, "
                "self._layout.neighbours[self.ledger.end_cell, self.ledger.end_heading], self.ledger.end_cell)",
            ),
        ),
    ),
)

WINDOWS = (
    Mutant(
        "rings_allowed",
        "windows may have robots that each enter the next one's cell",
        "P5",
        "crowd",
        edit(RingFinder, "find", "if stay == 0:", "if True:"),
    ),
    Mutant(
        "rings_allowed_later",
        "only the first step of a window is searched for rings",
        "P5",
        "crowd",
        edit(GrantExecution, "accept", "range(1, usable)", "range(usable, usable)"),
    ),
    Mutant(
        "followers_of_rings_move",
        "of a ring that is taken out of a plan only one robot stays",
        "P5",
        "crowd",
        edit(GrantExecution, "accept", "accepted[:, stay]", "accepted[:, self.pinned]"),
    ),
)

EPOCHS = (
    Mutant(
        "no_epoch_on_restart",
        "a restart goes on with the epoch that was",
        "P6",
        "links",
        edit(TrafficLedger, "raise_epoch", "self.epoch[robots] += 1", "pass"),
    ),
    Mutant(
        "epochs_not_journaled",
        "a restart does not know what epochs were",
        "P6",
        "links",
        wrap(MemoryJournal, "epochs", nothing),
    ),
    Mutant(
        "restart_lowers_epochs",
        "a restart goes on with older epochs",
        "P7",
        "broken",
        edit(
            TrafficLedger,
            "restored",
            "ledger.raise_epoch(np.ones(ledger.robots, dtype=np.bool_))",
            "ledger.epoch[:] = np.maximum(ledger.epoch - 1, 0)",
        ),
    ),
    Mutant(
        "entries_before_adoption",
        "robots are sent entries of an epoch that they do not obey yet",
        "P7",
        "links",
        edit(TrafficLedger, "write", "~self.synced", "self.synced & ~self.synced"),
    ),
)

LEDGER = (*RELEASES, *GRANTS, *WINDOWS, *EPOCHS)
