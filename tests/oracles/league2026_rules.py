"""The League of Robot Runners, edition 2026, played again from a result file: slow, obvious, with its own parsing.

A result says what the executor let the robots do (`plannerPaths`), when they were delayed and which tasks were
proposed. `replay` plays that by the rules, with fractions and recursion, and returns what must have come of it: the
keys that follow from it, which must equal the file's, and the paths. `overlaps` looks at the robots' squares in a
result, moment by moment.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from itertools import pairwise

from tests.oracles.league_rules import first_wrong_task, read_instance

AHEAD = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}
SEGMENT = re.compile(r"\[\((\d+),(\d+),(\d+),(\d+),(\d+)\):\(([^)]*)\)\]")


def letters(path):
    """The actions of a robot, one letter a tick."""
    return "".join(
        letter * int(count)
        for segment in SEGMENT.findall(path)
        for letter, count in re.findall(r"(\w) (\d+)", segment[5])
    )


class Robot:
    """A square with a heading; `out` is how far it is out of its cell, as a fraction of one."""

    def __init__(self, row, column):
        self.row, self.column, self.heading, self.count, self.out = row, column, 0, 0, Fraction(0)

    def place(self, out=None):
        rows, columns = AHEAD[self.heading]
        out = self.out if out is None else out
        return self.row + rows * out, self.column + columns * out

    def after(self, letter, ticks):
        """Where a tick of this action leads: the place of the square's corner."""
        if letter == "F":
            return self.place(Fraction(self.count + 1, ticks))
        return self.place(Fraction(0)) if letter in "RC" else self.place()

    def do(self, letter, ticks):
        if letter not in "FRC":
            return
        self.count += 1
        done = self.count == ticks
        if done:
            self.count = 0
        if letter == "F":
            self.out = Fraction(self.count, ticks)
            if done:
                self.row, self.column = self.row + AHEAD[self.heading][0], self.column + AHEAD[self.heading][1]
        else:
            self.out = Fraction(0)
            if done:
                self.heading = (self.heading + (1 if letter == "R" else 3)) % 4


def meet(one, other, size):
    """Do two squares that move evenly from place to place overlap at any moment in between?

    The moments at which they may begin or cease to overlap are few: look between them.
    """
    (a, b), (c, d) = one, other
    moments = {Fraction(0), Fraction(1)}
    for axis in range(2):
        begin, end = a[axis] - c[axis], b[axis] - d[axis]
        if begin != end:
            moments |= {(border - begin) / (end - begin) for border in (size, -size)}
    moments = sorted(moment for moment in moments if 0 <= moment <= 1)
    for early, late in pairwise(moments):
        middle = (early + late) / 2
        if all(abs((a[k] - c[k]) + middle * (b[k] - d[k] - a[k] + c[k])) < size for k in range(2)):
            return True
    return all(abs(a[k] - c[k]) < size for k in range(2)) or all(abs(b[k] - d[k]) < size for k in range(2))


def hits_wall(rows, way, size):
    """Does a square touch the inside of an obstacle, or what is outside the map, on its way?"""
    (row0, column0), (row1, column1) = way
    top, bottom = min(row0, row1), max(row0, row1) + size
    left, right = min(column0, column1), max(column0, column1) + size
    if top < 0 or left < 0 or bottom > len(rows) or right > len(rows[0]):
        return True
    return any(
        symbol in "@T" and top < row + 1 and bottom > row and left < column + 1 and right > column
        for row, line in enumerate(rows)
        for column, symbol in enumerate(line)
    )


def resolve(rows, robots, wishes, ticks, size):
    """What the robots do in a tick: their wishes, or "W" where these are not safe (Start-Kit, ActionModel)."""
    decided, asked = {}, set()

    def way(robot, letter):
        return robots[robot].place(), robots[robot].after(letter, ticks)

    def decide(robot):
        asked.add(robot)
        wish = way(robot, wishes[robot])
        decided[robot] = wishes[robot] if not hits_wall(rows, wish, size) and clear(robot, wish) else "W"

    def clear(robot, wish):
        near = [
            other
            for other in range(len(robots))
            if other != robot
            and abs(robots[other].row - robots[robot].row) <= 2
            and abs(robots[other].column - robots[robot].column) <= 2
        ]
        for other in sorted(near, key=lambda other: (robots[other].row, robots[other].column, other)):
            if other not in decided and meet(wish, way(other, "W"), size):
                if other in asked:
                    return False
                decide(other)
            if other in decided and meet(wish, way(other, decided[other]), size):
                return False
        return True

    for robot in range(len(robots)):
        if robot not in decided:
            decide(robot)
    return [decided[robot] for robot in range(len(robots))]


def replay(path, result):
    """Play what `result` says the executor wanted on the instance at `path`; return what must have come of it."""
    keys = json.loads(path.read_text())
    rows, starts, lines, pool_size = read_instance(path)
    ticks, size = keys.get("agentCounter", 10), Fraction(str(keys.get("agentSize", 1.0)))
    robots = [Robot(*start) for start in starts]
    wishes = [letters(robot) for robot in result["plannerPaths"]]
    proposals = [dict(_change(part) for part in robot.split(",") if part) for robot in result["plannerSchedule"]]
    adopted = sorted({time for robot in proposals for time in robot})
    done, released, holder, taken = {}, [], {}, [-1] * len(robots)
    proposal = [-1] * len(robots)
    paths = ["" for _ in robots]
    events, finished = [], 0

    def reveal(time):
        while len(done) < pool_size:
            done[len(released)] = 0
            released.append(time)

    reveal(0)
    for time in range(result["makespan"]):
        if time in adopted:
            proposal = [changes.get(time, before) for changes, before in zip(proposals, proposal, strict=True)]
            assert first_wrong_task(done, holder, taken, proposal) is None
            taken = list(proposal)
            holder = {task: robot for robot, task in enumerate(taken) if task >= 0}
        wanted = [wish[time].replace("T", "W") for wish in wishes]
        for robot, intervals in enumerate(result["delayIntervals"]):
            if any(begin <= time < end for begin, end in intervals):
                assert wanted[robot] == "W"
        did = resolve(rows, robots, wanted, ticks, size)
        for robot, letter in enumerate(did):
            robots[robot].do(letter, ticks)
            paths[robot] += letter
        for robot, task in enumerate(taken):
            if task >= 0 and (robots[robot].row, robots[robot].column) == lines[task % len(lines)][done[task]]:
                done[task] += 1
                events.append([time + 1, robot, task, done[task]])
                if done[task] == len(lines[task % len(lines)]):
                    del done[task]
                    taken[robot] = -1
                    finished += 1
        reveal(time + 1)
    return {
        "actionModel": "MAPF_T",
        "version": "2026 LoRR",
        "teamSize": len(robots),
        "start": [[row, column, "E"] for row, column in starts],
        "numTaskFinished": finished,
        "agentMaxCounter": ticks,
        "events": events,
        "tasks": [
            [task, at, [number for place in lines[task % len(lines)] for number in place]]
            for task, at in enumerate(released)
        ],
    }, paths


def overlaps(path, result):
    """(tick, robot, other) wherever squares overlap in a result, and (tick, robot, -1) where one is on an obstacle.

    Looks at tenths of ticks, at all pairs. Knows no rule but what actions do.
    """
    keys = json.loads(path.read_text())
    rows, starts, _, _ = read_instance(path)
    ticks, size = keys.get("agentCounter", 10), Fraction(str(keys.get("agentSize", 1.0)))
    robots = [Robot(*start) for start in starts]
    paths = [letters(robot) for robot in result["actualPaths"]]
    found = []
    for time in range(result["makespan"]):
        ways = [(robot.place(), robot.after(steps[time], ticks)) for robot, steps in zip(robots, paths, strict=True)]
        for tenth in range(1, 11):
            places = [tuple(b + (e - b) * Fraction(tenth, 10) for b, e in zip(*way, strict=True)) for way in ways]
            for one, (row, column) in enumerate(places):
                if hits_wall(rows, ((row, column), (row, column)), size):
                    found.append((time, one, -1))
                found += [
                    (time, one, other)
                    for other in range(one)
                    if abs(row - places[other][0]) < size and abs(column - places[other][1]) < size
                ]
        for robot, steps in zip(robots, paths, strict=True):
            robot.do(steps[time], ticks)
    return found


def _change(part):
    time, task = part.split(":")
    return int(time), int(task)
