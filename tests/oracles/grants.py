"""Who holds what, what robots sweep, what windows do, what robots may make of messages: slowly, from scratch."""

from __future__ import annotations

from math import ceil, cos, pi, sin

# Headings 0 to 3 are east, south, west, north; entries: 0 forward, 1 and 2 turns, 3 wait, 4 service, 5 charge.
STEPS = [(0, 1), (1, 0), (0, -1), (-1, 0)]
FORWARD, CLOCKWISE, COUNTER_CLOCKWISE, WAIT = 0, 1, 2, 3


def after(place, what):
    """The (row, column, heading) after an entry or action; obstacles are the caller's business."""
    row, column, heading = place
    if what == FORWARD:
        return row + STEPS[heading][0], column + STEPS[heading][1], heading
    turn = {CLOCKWISE: 1, COUNTER_CLOCKWISE: -1}.get(what, 0)
    return row, column, (heading + turn) % 4


class Bases:
    """The bases of robots on a floor, a set of (row, column); everything is worked out anew from the first entry on."""

    def __init__(self, floor, starts, closed=frozenset(), closed_edges=frozenset()):
        self.floor = floor
        self.starts = starts
        self.closed = closed
        self.closed_edges = closed_edges
        self.base = [[] for _ in starts]
        self.confirmed = [0] * len(starts)

    def places(self, robot):
        """Where each entry of a robot's base leads, the start first."""
        way = [self.starts[robot]]
        for entry in self.base[robot]:
            way.append(after(way[-1], entry))
        return way

    def held(self, robot):
        """The cells from the last confirmed entry to the end of the base."""
        return {place[:2] for place in self.places(robot)[self.confirmed[robot] :]}

    def holders(self):
        """The robot of every cell that is held."""
        return {cell: robot for robot in range(len(self.starts)) for cell in self.held(robot)}

    def broken_by(self, robot, entry):
        """The properties that granting an entry would break."""
        if entry != FORWARD:
            return set()
        place = self.places(robot)[-1]
        to = after(place, FORWARD)[:2]
        if to not in self.floor:
            return {"P3"}
        broken = set()
        if any(to in self.held(other) for other in range(len(self.starts)) if other != robot):
            broken.add("P1")
        # Who is in a closed area may drive on in it, and so out of it.
        if (to in self.closed and place[:2] not in self.closed) or place in self.closed_edges:
            broken.add("P8")
        return broken


def reaches(centre, theta, half_length, half_width, cell):
    """Whether a rectangle reaches into a (row, column) cell of side 1: a grid of points, and the cell's corners."""
    (x, y), (row, column) = centre, cell
    along, beside = (cos(theta), sin(theta)), (-sin(theta), cos(theta))
    fractions = [k / 12 for k in range(-12, 13)]
    for u in fractions:
        for v in fractions:
            px = x + u * half_length * along[0] + v * half_width * beside[0]
            py = y + u * half_length * along[1] + v * half_width * beside[1]
            if column < px < column + 1 and row < py < row + 1:
                return True
    for px, py in ((column, row), (column + 1, row), (column, row + 1), (column + 1, row + 1)):
        dx, dy = px - x, py - y
        u, v = dx * along[0] + dy * along[1], dx * beside[0] + dy * beside[1]
        if abs(u) < half_length and abs(v) < half_width:
            return True
    return False


def sweep(start, before_m, turn, after_m):
    """Poses of a robot that drives `before_m`, turns on the spot by `turn` and drives `after_m`, close together."""
    x, y, theta = start
    poses = [(x, y, theta)]
    for length, angle in ((before_m, 0.0), (0.0, turn), (after_m, 0.0)):
        steps = max(1, ceil(max(abs(length) / 0.05, abs(angle) / (pi / 60))))
        x0, y0, theta0 = poses[-1]
        for step in range(1, steps + 1):
            part = step / steps
            poses.append((x0 + length * part * cos(theta0), y0 + length * part * sin(theta0), theta0 + angle * part))
    return poses


def window_faults(floor, starts, actions):
    """The properties that a window breaks: P4 for its starts; P5 for rings, meetings and ways off the floor."""
    if any(start[:2] not in floor for start in starts):
        return {"P4"}
    if len({start[:2] for start in starts}) < len(starts):
        return {"P4"}
    at = list(starts)
    for step in actions:
        to = [after(place, what) for place, what in zip(at, step, strict=True)]
        if any(place[:2] not in floor for place in to) or len({place[:2] for place in to}) < len(to):
            return {"P5"}
        enters = {old[:2]: new[:2] for old, new in zip(at, to, strict=True) if old[:2] != new[:2]}
        for begin, to_cell in enters.items():
            cell = to_cell
            for _ in enters:
                if cell == begin:
                    return {"P5"}
                cell = enters.get(cell)
        at = to
    return set()


def obeys(before, rows, now, newest_sent, granted):
    """Whether a robot may go from (epoch, received, confirmed) to another in a tick in which rows of these epochs came.

    By trying everything: each row may add entries, cut them, or be lost on it; it may reboot, and confirm what it has.
    """
    reachable = {before[:2]}
    for epoch in rows:
        more = set()
        for held, received in reachable:
            if epoch == held:
                more |= {(held, bigger) for bigger in range(received, granted + 1)}
            elif epoch > held:
                more |= {(epoch, less) for less in range(before[2], received + 1)}
            else:
                more.add((held, received))
        reachable = more
    allowed = {(epoch, less) for epoch, received in reachable for less in range(before[2], received + 1)}
    return now[:2] in allowed and before[2] <= now[2] <= now[1] <= granted and now[0] <= newest_sent
