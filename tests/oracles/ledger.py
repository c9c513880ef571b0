"""The traffic ledger, slow and obvious: each robot's base is a list from the very first entry on, and what it holds is
read off the list anew whenever somebody asks."""

from __future__ import annotations

from collections import Counter

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
FORWARD, CW, CCW, WAIT, SERVICE, CHARGE = range(6)


class LedgerOracle:
    """floor: (row, column) of every passable cell; starts: ((row, column), heading) of each robot."""

    def __init__(self, floor, starts):
        self.floor = floor
        self.starts = list(starts)
        self.bases = [[] for _ in self.starts]
        self.confirmed = [0] * len(self.starts)
        self.window = [[] for _ in self.starts]
        self.visits = []
        self.refused = Counter()

    def way(self, robot, entries):
        """Where a robot is after so many entries of its base: place and heading."""
        (row, column), heading = self.starts[robot]
        for kind, _ in self.bases[robot][:entries]:
            if kind == FORWARD:
                row, column = row + STEPS[heading][0], column + STEPS[heading][1]
            elif kind in (CW, CCW):
                heading = (heading + (1 if kind == CW else 3)) % 4
        return (row, column), heading

    def chain(self, robot):
        """The places that a robot holds: once for where it is confirmed, once for each move after that."""
        done = self.confirmed[robot]
        moves = [k for k in range(done, len(self.bases[robot])) if self.bases[robot][k][0] == FORWARD]
        return [self.way(robot, done)[0], *(self.way(robot, k + 1)[0] for k in moves)]

    def holders(self):
        """Robot and count by place, for all that is held; fails if two hold one place."""
        found = {}
        for robot in range(len(self.starts)):
            for place, count in Counter(self.chain(robot)).items():
                assert place not in found
                found[place] = robot, count
        return found

    def end(self, robot):
        return self.way(robot, len(self.bases[robot]))

    def open_entries(self, robot):
        return self.bases[robot][self.confirmed[robot] :]

    def report(self, robot, confirmed):
        """Take a report in; returns whether it is possible."""
        if confirmed > len(self.bases[robot]):
            return False
        self.confirmed[robot] = max(self.confirmed[robot], confirmed)
        return True

    def cut(self, robot, kept):
        del self.bases[robot][max(kept, self.confirmed[robot]) :]
        self.window[robot] = []

    def load(self, window):
        """window: the actions of each robot. Who enters what when is noted, in the order of steps."""
        self.window = [list(enumerate(actions)) for actions in window]
        self.visits = []
        for robot, actions in enumerate(window):
            (row, column), heading = self.end(robot)
            for step, action in enumerate(actions):
                if action == FORWARD:
                    row, column = row + STEPS[heading][0], column + STEPS[heading][1]
                    self.visits.append((step, (row, column), robot))
                elif action in (CW, CCW):
                    heading = (heading + (1 if action == CW else 3)) % 4

    def grant(self, order, may, seconds, *, need_s, most, most_cells, closed, closed_edges):
        """Grant one entry to each robot that needs one and can have it; returns [(robot, kind)]."""
        granted = []
        for robot in order:
            if not may[robot] or seconds[robot] >= need_s:
                continue
            while self.window[robot] and self.window[robot][0][1] == WAIT:
                self.window[robot].pop(0)
            if not self.window[robot]:
                continue
            step, action = self.window[robot][0]
            ahead = [kind for kind, _ in self.open_entries(robot)]
            if len(ahead) >= most or (action == FORWARD and ahead.count(FORWARD) >= most_cells):
                self.refused["bounds"] += 1
                continue
            if action == FORWARD:
                (row, column), heading = self.end(robot)
                place = row + STEPS[heading][0], column + STEPS[heading][1]
                holder = self.holders().get(place, (robot, 0))[0]
                if place in closed or ((row, column), heading) in closed_edges:
                    self.refused["closed"] += 1
                elif holder != robot:
                    self.refused["held"] += 1
                elif any(cell == place and when < step and who != robot for when, cell, who in self.visits):
                    self.refused["queue"] += 1
                else:
                    self.visits.remove((step, place, robot))
                    self._give(robot, action, granted)
            else:
                self._give(robot, action, granted)
        return granted

    def _give(self, robot, action, granted):
        self.window[robot].pop(0)
        self.bases[robot].append((action, 0.0))
        granted.append((robot, action))
