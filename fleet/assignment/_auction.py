"""Kernels for matching by auction. `auction.py` stands in front and documents arguments and what is promised.

Bidders bid one after another (Bertsekas, "Auction algorithms for network flow problems", 1992, section 2): each raises
the price of the object that is cheapest for it, price included, by as much as the second cheapest is dearer, plus
epsilon, and puts out whoever held that object. Invariant: nobody holds an object that is dearer for it, price included,
than any other by more than epsilon.

A bidder knows a short list of objects, found by a search through the tiles of the floor around it, and the bound that
nothing outside its list can be cheaper than. Prices only rise, so bounds stay true; a bidder whose whole list has
become dearer than its bound searches again.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Float64, Int32, Int64, UInt32

TILE = 8


@njit(cache=True, nogil=True)
def way(robot_cell: int, robot_state: int, task_cell: int, slot: int, width: int, fields: UInt32, unit: int) -> float:
    """Free steps from a robot to a task: by its field where it has one (slot >= 0), else the Manhattan distance."""
    if slot >= 0:
        # As `DistanceFields` packs it.
        word = fields[slot, robot_state >> 2]
        distance = np.int32(word & 0xFFFF) + np.int32((word >> (16 + 4 * (robot_state & 3))) & 15)
        return np.inf if distance == 65535 else distance / unit
    return float(abs(robot_cell // width - task_cell // width) + abs(robot_cell % width - task_cell % width))


@njit(cache=True, nogil=True)
def insert(listed: Int32, cost: Float64, net: Float64, length: int, k: int, own: float, total: float) -> int:
    """Put object k into a list that is ordered by net cost, where the last makes room if it is full.

    own, total: its cost without and with the price. Returns the new length.
    """
    if length < len(listed):
        length += 1
    place = length - 1
    while place > 0 and net[place - 1] > total:
        net[place] = net[place - 1]
        cost[place] = cost[place - 1]
        listed[place] = listed[place - 1]
        place -= 1
    net[place] = total
    cost[place] = own
    listed[place] = k
    return length


@njit(cache=True, nogil=True)
def search(
    cell: int,
    state: int,
    slot: int,
    region: int,
    current: int,
    stay: float,
    exact: bool,
    robots_bid: bool,
    width: int,
    tiles_across: int,
    starts: Int64,
    cells: Int32,
    states: Int32,
    slots: Int32,
    regions: Int32,
    extra: Float64,
    price: Float64,
    fields: UInt32,
    unit: int,
    listed: Int32,
    cost: Float64,
    net: Float64,
) -> tuple[int, float, int]:
    """List the objects that are cheapest for a bidder, price included, the cheapest first.

    cell, state, slot, region: of the bidder; current: the object that it has now, or -1, cheaper for it by `stay`.
    exact: by true ways; otherwise by Manhattan distances, and only the costs of what is listed in the end are true.
    Reading a field is slow, as it is hardly ever in a cache.
    Objects lie in tiles: those of tile k are rows starts[k] to starts[k + 1] of cells, states, slots, regions, extra
    and price, by ascending extra inside a tile; an infinite price takes an object out. listed, cost, net: the list, as
    long as it may be: rows of objects, costs without and with the price. Returns how many there are, the bound, and how
    many objects and tiles were looked at.
    """
    length = 0
    most = len(listed)
    looks = 0
    row, column = cell // width, cell % width
    if current >= 0 and price[current] < np.inf:
        there = cells[current]
        total = abs(row - there // width) + abs(column - there % width) + extra[current] + price[current]
        if exact and robots_bid:
            total = way(cell, state, there, slots[current], width, fields, unit) + extra[current] + price[current]
        elif exact:
            total = way(there, states[current], cell, slot, width, fields, unit) + extra[current] + price[current]
        if total < np.inf:
            length = insert(listed, cost, net, length, current, total - price[current] - stay, total - stay)
    tile_row, tile_column = row // TILE, column // TILE
    tiles_down = (len(starts) - 1) // tiles_across
    rings = max(tile_row, tiles_down - 1 - tile_row, tile_column, tiles_across - 1 - tile_column) + 1
    for ring in range(rings):
        if length == most and (ring - 1) * TILE + 1 >= net[most - 1]:
            break
        for down in range(max(tile_row - ring, 0), min(tile_row + ring, tiles_down - 1) + 1):
            whole = ring == 0 or down == tile_row - ring or down == tile_row + ring
            gap_down = max(down * TILE - row, row - (down * TILE + TILE - 1), 0)
            for across in range(tile_column - ring, tile_column + ring + 1, 1 if whole else 2 * ring):
                if across < 0 or across >= tiles_across:
                    continue
                gap = gap_down + max(across * TILE - column, column - (across * TILE + TILE - 1), 0)
                looks += 1
                for k in range(starts[down * tiles_across + across], starts[down * tiles_across + across + 1]):
                    looks += 1
                    if length == most and gap + extra[k] >= net[most - 1]:
                        break
                    if k == current or regions[k] != region or price[k] == np.inf:
                        continue
                    there = cells[k]
                    total = abs(row - there // width) + abs(column - there % width) + extra[k] + price[k]
                    if length == most and total >= net[most - 1]:
                        continue
                    if exact and robots_bid:
                        total = way(cell, state, there, slots[k], width, fields, unit) + extra[k] + price[k]
                    elif exact:
                        total = way(there, states[k], cell, slot, width, fields, unit) + extra[k] + price[k]
                    if total < np.inf and (length < most or total < net[most - 1]):
                        length = insert(listed, cost, net, length, k, total - price[k], total)
    bound = net[most - 1] if length == most else np.inf
    for place in range(0 if exact else length):
        k = listed[place]
        if robots_bid:
            own = way(cell, state, cells[k], slots[k], width, fields, unit) + extra[k]
        else:
            own = way(cells[k], states[k], cell, slot, width, fields, unit) + extra[k]
        cost[place] = own - stay if k == current else own
    return length, bound, looks


@njit(cache=True, nogil=True)
def first_come(
    bidder_cell: Int32,
    bidder_state: Int32,
    bidder_slot: Int32,
    bidder_region: Int32,
    current: Int32,
    robots_bid: bool,
    width: int,
    tiles_across: int,
    starts: Int64,
    cells: Int32,
    states: Int32,
    slots: Int32,
    regions: Int32,
    extra: Float64,
    price: Float64,
    fields: UInt32,
    unit: int,
    listed: Int32,
    cost: Float64,
    net: Float64,
    holder: Int32,
    held: Int32,
) -> None:
    """Give bidders that hold nothing what they have had if it is free, then the cheapest free object, by row.

    Arguments as in `auction`; listed, cost, net: scratch of length 1.
    """
    for k in range(len(price)):
        price[k] = 0.0 if holder[k] < 0 else np.inf
    for attempt in range(2):
        for i in range(len(bidder_cell)):
            if held[i] >= 0:
                continue
            chosen = current[i]
            if attempt == 1:
                length, _, _ = search(
                    bidder_cell[i], bidder_state[i], bidder_slot[i], bidder_region[i], -1, 0.0, True,  # noqa: FBT003
                    robots_bid, width, tiles_across, starts, cells, states, slots, regions, extra, price, fields, unit,
                    listed, cost, net,
                )  # fmt: skip
                chosen = listed[0] if length > 0 else -1
            if chosen >= 0 and holder[chosen] < 0:
                holder[chosen] = i
                held[i] = chosen
                price[chosen] = np.inf


@njit(cache=True, nogil=True)
def auction(
    bidder_cell: Int32,
    bidder_state: Int32,
    bidder_slot: Int32,
    bidder_region: Int32,
    bidder_extra: Float64,
    current: Int32,
    stay: float,
    robots_bid: bool,
    width: int,
    tiles_across: int,
    starts: Int64,
    cells: Int32,
    states: Int32,
    slots: Int32,
    regions: Int32,
    extra: Float64,
    price: Float64,
    fields: UInt32,
    unit: int,
    epsilon: float,
    give_up: float,
    most_looks: int,
    listed: Int32,
    cost: Float64,
    net: Float64,
    lengths: Int32,
    bounds: Float64,
    queue: Int32,
    holder: Int32,
    held: Int32,
) -> None:
    """Match bidders to objects; write the object of each bidder into `held`, -1 for none.

    Bidders and objects as in `search`. bidder_extra, float64 (n,): what comes on top for each, whichever object
    it gets; it decides who goes without where there are too few. A bidder gives up when its cheapest object has come
    to cost `give_up`. After `most_looks` looks at objects the auction ends: who has none by then keeps the object that
    it has had if that is free, or else takes the cheapest free one, in order of row.

    Scratch: listed int32, cost float64 (n, list); net float64 (list,); lengths int32, bounds float64, queue int32 (n,);
    price float64, holder int32 (objects,).
    """
    n = len(bidder_cell)
    price[:] = 0.0
    holder[:] = -1
    held[:] = -1
    lengths[:] = -1
    looks = 0
    for i in range(n):
        queue[i] = i
    head = 0
    waiting = n
    while waiting > 0 and looks < most_looks:
        i = queue[head]
        head = head + 1 if head + 1 < n else 0
        waiting -= 1
        where = -1
        best = second = np.inf
        for attempt in range(2):
            if attempt == 1 or lengths[i] < 0:
                lengths[i], bounds[i], looked = search(
                    bidder_cell[i], bidder_state[i], bidder_slot[i], bidder_region[i], current[i], stay, attempt == 1,
                    robots_bid, width, tiles_across, starts, cells, states, slots, regions, extra, price, fields, unit,
                    listed[i], cost[i], net,
                )  # fmt: skip
                looks += looked
            where = -1
            best = second = np.inf
            for place in range(lengths[i]):
                total = cost[i, place] + price[listed[i, place]]
                if total < best:
                    second = best
                    best = total
                    where = place
                elif total < second:
                    second = total
            looks += lengths[i]
            if best <= bounds[i]:
                break
        most = give_up - bidder_extra[i]
        if where < 0 or best >= most:
            continue
        chosen = listed[i, where]
        price[chosen] += min(second, bounds[i], most) - best + epsilon
        other = holder[chosen]
        if other >= 0:
            held[other] = -1
            tail = head + waiting
            queue[tail if tail < n else tail - n] = other
            waiting += 1
        holder[chosen] = i
        held[i] = chosen
    if waiting > 0:
        first_come(
            bidder_cell, bidder_state, bidder_slot, bidder_region, current, robots_bid, width, tiles_across, starts,
            cells, states, slots, regions, extra, price, fields, unit, listed[0, :1], cost[0, :1], net[:1], holder,
            held,
        )  # fmt: skip
