"""Kernel of PIBT with headings (Okumura et al., AIJ 2022). `pibt.py` stands in front.

Invariant: `target_of` never gives one cell to two robots, and no two robots are given each other's cells. A robot goes
forward only into a cell that is empty or is left in the same step, so the step is valid whatever was decided.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Int8, Int32, UInt8, UInt32

NOBODY = -1
UNREACHABLE = 65535
FORWARD, TURN_CW, TURN_CCW, WAIT = 0, 1, 2, 3
NEVER = np.int32(2**31 - 1)


@njit(cache=True, nogil=True)
def _distance(word: int, heading: int) -> int:
    """Read a word of a distance field, see `DistanceFields`."""
    return np.int32(word & 0xFFFF) + np.int32((word >> (16 + 4 * heading)) & 15)


@njit(cache=True, nogil=True)
def _rank_cells(
    robot: int,
    cells: Int32,
    headings: Int8,
    slots: Int32,
    fields: UInt32,
    compact: Int32,
    neighbours: Int32,
    forward: UInt8,
    turn_cost: int,
    unit: int,
    blocked: Bool,
    has_blocked: bool,
    candidates: Int32,
    costs: Int32,
) -> None:
    """Write the robot's five cells (ahead by heading, then its own) by ascending cost; -1 at the end.

    Cost: the distance to the goal from there, turns on the way there, and what the move costs beyond a free step.
    """
    cell = cells[robot]
    heading = headings[robot]
    slot = slots[robot]
    wants = slot >= 0 and _distance(fields[slot, compact[cell]], heading) != UNREACHABLE
    for choice in range(5):
        if choice == 4:
            place = cell
            cost = _distance(fields[slot, compact[cell]], heading) * 2 + 1 if wants else np.int32(0)
        else:
            place = neighbours[cell, choice]
            turn = (choice - heading) & 3
            turns = 1 if turn == 3 else turn
            if place < 0 or (has_blocked and blocked[place]):
                place = -1
                cost = NEVER
            elif wants:
                # Twice the cost, so that going beats staying where both are as far from the goal.
                surcharge = turns * turn_cost + np.int32(forward[cell, choice]) - unit
                cost = (_distance(fields[slot, compact[place]], choice) + surcharge) * 2
            else:
                cost = np.int32(1 + turns)
        position = choice
        while position > 0 and costs[position - 1] > cost:
            costs[position] = costs[position - 1]
            candidates[position] = candidates[position - 1]
            position -= 1
        costs[position] = cost
        candidates[position] = place


@njit(cache=True, nogil=True)
def choose_targets(
    cells: Int32,
    headings: Int8,
    slots: Int32,
    hold: Bool,
    order: Int32,
    fields: UInt32,
    compact: Int32,
    neighbours: Int32,
    forward: UInt8,
    turn_cost: int,
    unit: int,
    blocked: Bool,
    has_blocked: bool,
    occupied_now: Int32,
    occupied_next: Int32,
    target_of: Int32,
    stack_robot: Int32,
    stack_choice: Int32,
    stack_cells: Int32,
    costs: Int32,
) -> None:
    """Give every robot its next cell, by priority, pushing whoever is in the way and has not decided yet."""
    n = len(cells)
    occupied_now[:] = NOBODY
    occupied_next[:] = NOBODY
    for robot in range(n):
        occupied_now[cells[robot]] = robot
        target_of[robot] = -1
        if hold[robot]:
            target_of[robot] = cells[robot]
            occupied_next[cells[robot]] = robot
    for position in range(n):
        if target_of[order[position]] >= 0:
            continue
        depth = 0
        stack_robot[0] = order[position]
        stack_choice[0] = 0
        _rank_cells(
            order[position], cells, headings, slots, fields, compact, neighbours, forward, turn_cost, unit,
            blocked, has_blocked, stack_cells[0], costs,
        )  # fmt: skip
        while depth >= 0:
            robot = stack_robot[depth]
            pushed = False
            decided = False
            while stack_choice[depth] < 5:
                place = stack_cells[depth, stack_choice[depth]]
                stack_choice[depth] += 1
                if place < 0 or occupied_next[place] >= 0:
                    continue
                other = occupied_now[place]
                if other >= 0 and other != robot and target_of[other] == cells[robot]:
                    continue
                occupied_next[place] = robot
                target_of[robot] = place
                if other >= 0 and other != robot and target_of[other] < 0:
                    depth += 1
                    stack_robot[depth] = other
                    stack_choice[depth] = 0
                    _rank_cells(
                        other, cells, headings, slots, fields, compact, neighbours, forward, turn_cost, unit,
                        blocked, has_blocked, stack_cells[depth], costs,
                    )  # fmt: skip
                    pushed = True
                else:
                    decided = True
                break
            if pushed:
                continue
            if decided:
                # Everybody who pushed to get here keeps what they took.
                break
            # Nowhere to go: stay, and let the pusher look elsewhere.
            target_of[robot] = cells[robot]
            occupied_next[cells[robot]] = robot
            depth -= 1


@njit(cache=True, nogil=True)
def choose_actions(
    cells: Int32,
    headings: Int8,
    neighbours: Int32,
    occupied_now: Int32,
    target_of: Int32,
    chain: Int32,
    actions: UInt8,
) -> None:
    """Turn towards the next cell, or go forward if it is free or being left by robots that all go forward."""
    n = len(cells)
    unknown = 255
    actions[:] = unknown
    for robot in range(n):
        if target_of[robot] == cells[robot]:
            actions[robot] = WAIT
            continue
        heading = headings[robot]
        if neighbours[cells[robot], heading] == target_of[robot]:
            continue
        if neighbours[cells[robot], (heading + 3) & 3] == target_of[robot]:
            actions[robot] = TURN_CCW
        else:
            actions[robot] = TURN_CW
    for first in range(n):
        length = 0
        robot = first
        # Follow the robots ahead until one is decided, the way is free, or the chain closes into a ring.
        while actions[robot] == unknown:
            actions[robot] = FORWARD
            chain[length] = robot
            length += 1
            other = occupied_now[target_of[robot]]
            if other < 0:
                break
            robot = other
        else:
            if length > 0 and actions[robot] != FORWARD:
                for k in range(length):
                    actions[chain[k]] = WAIT
