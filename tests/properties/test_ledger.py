"""The traffic ledger against lists of entries, for any history of windows, grants, reports, cuts and restarts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import RING, TrafficLedger
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from tests.floors import floors, places
from tests.oracles.ledger import CCW, CW, FORWARD, SERVICE, WAIT, LedgerOracle

SEEDS = st.integers(0, 2**32 - 1)
REFUSED = ("held", "closed", "queue", "bounds")


class History:
    """A ledger and its oracle, robots that obey the rules of their driver, and whatever happens to them."""

    def __init__(self, layout, seed):
        self.rng = rng = np.random.default_rng(seed)
        self.layout = layout
        self.floor = places(layout)
        cells = rng.permutation(np.flatnonzero(layout.passable))[: int(rng.integers(1, 7))].astype(np.int32)
        self.n = n = len(cells)
        headings = rng.integers(0, 4, n).astype(np.int8)
        start = FleetState.at(cells, headings, width=layout.width)
        start.epoch[:] = rng.integers(0, 3, n)
        self.journal = MemoryJournal()
        self.ledger = TrafficLedger.begin(layout, RobotModel(), 1.0, start, self.journal)
        self.oracle = LedgerOracle(
            self.floor, [(self.place(cell), int(way)) for cell, way in zip(cells, headings, strict=True)]
        )
        # The robots, and the controller's side of the epochs.
        self.epoch, self.obeyed = start.epoch.tolist(), start.epoch.tolist()
        self.received, self.done = [0] * n, [0] * n
        self.synced = [True] * n
        self.impossible = 0
        self.heard = start
        self.refused = np.zeros(4, dtype=np.int32)

    def place(self, cell):
        return divmod(int(cell), self.layout.width)

    def cell(self, place):
        return place[0] * self.layout.width + place[1]

    # What happens

    def window(self):
        """A window without collisions, in which robots may follow each other."""
        steps = int(self.rng.integers(1, 7))
        at = [self.oracle.end(robot) for robot in range(self.n)]
        actions = np.full((steps, self.n), WAIT, dtype=np.uint8)
        for step in range(steps):
            taken = {place for place, _ in at}
            for robot in self.rng.permutation(self.n):
                (row, column), heading = at[robot]
                action = int(self.rng.choice([FORWARD, FORWARD, FORWARD, CW, CCW, WAIT]))
                if action == FORWARD:
                    down, right = ((0, 1), (1, 0), (0, -1), (-1, 0))[heading]
                    ahead = row + down, column + right
                    if ahead not in self.floor or ahead in taken:
                        action = CW
                    else:
                        taken.add(ahead)
                        taken.discard((row, column))
                        at[robot] = ahead, heading
                if action in (CW, CCW):
                    at[robot] = at[robot][0], (heading + (1 if action == CW else 3)) % 4
                actions[step, robot] = action
        self.ledger.load_window(actions)
        self.oracle.load(actions.T.tolist())

    def grant(self):
        rng, n = self.rng, self.n
        order = rng.permutation(n).astype(np.int32)
        may = rng.random(n) < 0.8
        seconds = rng.uniform(0, 1.5, n).astype(np.float32)
        closed = rng.random(self.layout.cells) < rng.choice([0.0, 0.2])
        edges = rng.random((self.layout.cells, 4)) < rng.choice([0.0, 0.2])
        most, most_cells = int(rng.integers(2, 9)), int(rng.integers(1, 5))
        count = self.ledger.grant(
            order, may, seconds, need_s=1.0, most=most, most_cells=most_cells, closed=closed, closed_edges=edges,
            refused=self.refused,
        )  # fmt: skip
        granted = self.oracle.grant(
            order.tolist(),
            (may & np.array(self.synced)).tolist(),
            seconds.tolist(),
            need_s=1.0,
            most=most,
            most_cells=most_cells,
            closed={self.place(cell) for cell in np.flatnonzero(closed)},
            closed_edges={(self.place(cell), int(way)) for cell, way in np.argwhere(edges)},
        )
        assert count == len(granted)

    def act(self):
        robots = [robot for robot in range(self.n) if self.rng.random() < 0.2 and self.synced[robot]]
        robots = [robot for robot in robots if len(self.oracle.open_entries(robot)) < RING - 1]
        kind = Entry.SERVICE if self.rng.random() < 0.5 else Entry.CHARGE
        seconds = np.array([self.rng.uniform(1, 9) if kind == SERVICE else 0 for _ in robots], dtype=np.float32)
        self.ledger.act(np.array(robots, dtype=np.int32), kind, seconds if kind == SERVICE else None)
        for robot, seconds_left in zip(robots, seconds.tolist(), strict=True):
            self.oracle.bases[robot].append((int(kind), seconds_left))

    def drive(self):
        """Rows come to robots, or do not; robots obey epochs and carry out what they have."""
        for robot in range(self.n):
            if self.rng.random() < 0.6:
                if self.obeyed[robot] < self.epoch[robot]:
                    self.obeyed[robot] = self.epoch[robot]
                    self.received[robot] = int(self.rng.integers(self.done[robot], self.received[robot] + 1))
                elif self.synced[robot]:
                    self.received[robot] = len(self.oracle.bases[robot])
            self.done[robot] = int(self.rng.integers(self.done[robot], self.received[robot] + 1))

    def report(self):
        """Some robots are heard; one may claim what it was never given."""
        state = self.heard
        for robot in range(self.n):
            if self.rng.random() < 0.3:
                continue
            state.epoch[robot], state.received[robot] = self.obeyed[robot], self.received[robot]
            state.confirmed[robot] = self.done[robot]
        liar = int(self.rng.integers(self.n)) if self.rng.random() < 0.2 else -1
        honest = state.confirmed.copy()
        if liar >= 0:
            state.confirmed[liar] = len(self.oracle.bases[liar]) + 1
            self.impossible += 1
        for robot in range(self.n):
            possible = self.oracle.report(robot, int(state.confirmed[robot]))
            if possible and not self.synced[robot] and state.epoch[robot] == self.epoch[robot]:
                self.synced[robot] = True
                self.oracle.cut(robot, int(state.received[robot]))
        self.ledger.take_in(state)
        state.confirmed[:] = honest

    def raise_epoch(self):
        robots = self.rng.random(self.n) < 0.3
        self.ledger.raise_epoch(robots)
        for robot in np.flatnonzero(robots).tolist():
            self.epoch[robot] += 1
            self.synced[robot] = False

    def restart(self):
        """The controller starts again; how far robots have come may be older in the journal than they said."""
        if self.rng.random() < 0.5:
            self.ledger.record_confirmed()
        held = self.journal.restore()
        self.ledger = TrafficLedger.restored(self.layout, RobotModel(), 1.0, self.journal)
        self.oracle.confirmed = held.confirmed.tolist()
        self.epoch = [epoch + 1 for epoch in self.epoch]
        self.synced = [False] * self.n
        self.oracle.window = [[] for _ in range(self.n)]
        # What was counted before is no longer known.
        self.impossible = 0

    # What must hold

    def check(self):
        ledger, oracle, n = self.ledger, self.oracle, self.n
        holders = oracle.holders()
        held = [holders.get(self.place(cell), (-1, 0)) for cell in range(self.layout.cells)]
        assert ledger.holder.tolist() == [robot for robot, _ in held]
        assert ledger._holds.tolist() == [count for _, count in held]
        assert ledger.confirmed.tolist() == oracle.confirmed
        assert ledger.granted.tolist() == [len(base) for base in oracle.bases]
        at = [oracle.way(robot, oracle.confirmed[robot]) for robot in range(n)]
        assert list(zip(map(self.place, ledger.cell), ledger.heading.tolist(), strict=True)) == at
        ends = [oracle.end(robot) for robot in range(n)]
        assert list(zip(map(self.place, ledger.end_cell), ledger.end_heading.tolist(), strict=True)) == ends
        assert len({place for place, _ in ends}) == n
        assert ledger.epoch.tolist() == self.epoch
        assert ledger.synced.tolist() == self.synced
        assert ledger.impossible_reports == self.impossible
        assert self.refused.tolist() == [oracle.refused[why] for why in REFUSED]

    def check_readers(self):
        ledger, oracle, n = self.ledger, self.oracle, self.n
        room = int(self.rng.integers(1, 12))
        rows = Commands.none(n, room)
        ledger.write(rows)
        for robot in range(n):
            entries = oracle.open_entries(robot)[:room] if self.synced[robot] else []
            filled = entries + [(WAIT, 0.0)] * (room - len(entries))
            assert rows.entries[robot].tolist() == [kind for kind, _ in filled]
            assert rows.service_s[robot].tolist() == [np.float32(seconds) for _, seconds in filled]
            assert (rows.epoch[robot], rows.index[robot]) == (self.epoch[robot], oracle.confirmed[robot])
            kinds = [kind for kind, _ in oracle.open_entries(robot)]
            done = oracle.confirmed[robot]
            move = None
            if FORWARD in kinds:
                first = done + kinds.index(FORWARD)
                move = tuple(self.cell(oracle.way(robot, first + k)[0]) for k in (0, 1))
            assert ledger.next_move(robot) == move
            for kind in (Entry.SERVICE, Entry.CHARGE):
                last = max((done + k for k, other in enumerate(kinds) if other == kind), default=-1)
                assert ledger.unconfirmed(kind)[robot] == last
        chains = [{self.cell(place) for place in oracle.chain(robot)} for robot in range(n)]
        mask = self.rng.random(self.layout.cells) < 0.3
        within = set(np.flatnonzero(mask).tolist())
        assert ledger.holders_in(mask).tolist() == [bool(chain & within) for chain in chains]
        chosen = self.rng.random(n) < 0.5
        marked = mask.copy()
        changed = ledger.mark_held(chosen, marked)
        union = set().union(*(chains[robot] for robot in np.flatnonzero(chosen)))
        assert set(np.flatnonzero(marked).tolist()) == union
        assert changed == (union != within)
        self.heard.x_m[:] = self.rng.uniform(-1, self.layout.width + 1, n)
        self.heard.y_m[:] = self.rng.uniform(-1, self.layout.height + 1, n)
        seen = [(int(np.floor(y)), int(np.floor(x))) for x, y in zip(self.heard.x_m, self.heard.y_m, strict=True)]
        mine = [place in oracle.chain(robot) for robot, place in enumerate(seen)]
        assert ledger.outside(self.heard).tolist() == [not own for own in mine]

    def check_restored(self):
        """What is in the journal is what the ledger knows, but for robots being in step."""
        self.ledger.record_confirmed()
        epochs = self.journal.restore().epoch.copy()
        again = TrafficLedger.restored(self.layout, RobotModel(), 1.0, self.journal)
        self.journal.epochs(epochs)
        for name in ("cell", "heading", "end_cell", "end_heading", "confirmed", "granted", "holder", "_holds"):
            np.testing.assert_array_equal(getattr(again, name), getattr(self.ledger, name), err_msg=name)
        assert again.epoch.tolist() == [epoch + 1 for epoch in self.epoch]
        assert not again.synced.any()
        for robot, base in enumerate(self.journal.restore().entries):
            assert base == [(kind, np.float32(seconds)) for kind, seconds in self.oracle.open_entries(robot)]


@given(floors(), SEEDS)
def test_any_history_leaves_the_ledger_as_lists_of_entries_would(layout, seed):
    history = History(layout, seed)
    happens = [history.window] * 2 + [history.grant] * 6 + [history.drive, history.report] * 3
    happens += [history.act, history.raise_epoch, history.restart]
    history.window()
    for _ in range(60):
        happens[int(history.rng.integers(len(happens)))]()
        history.check()
    history.check_readers()
    history.check_restored()


@given(floors(), SEEDS)
def test_readers_tell_what_is_held_at_any_moment(layout, seed):
    history = History(layout, seed)
    for _ in range(12):
        for happens in (history.window, history.grant, history.act, history.grant, history.drive, history.report):
            happens()
        history.check_readers()
        history.check_restored()
