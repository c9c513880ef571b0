"""Which goals cut others off: take each away and look where one still gets from another goal."""

from fleet.grid.layout import Layout


def reached(layout: Layout, start: int, without: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        row, column = divmod(waiting.pop(), layout.width)
        for near in ((row, column + 1), (row + 1, column), (row, column - 1), (row - 1, column)):
            cell = near[0] * layout.width + near[1]
            inside = 0 <= near[0] < layout.height and 0 <= near[1] < layout.width
            if inside and cell != without and cell not in seen and layout.passable[cell]:
                seen.add(cell)
                waiting.append(cell)
    return seen


def cutting(layout: Layout, goals: set[int]) -> set[int]:
    """Goals without which some goal no longer reaches another that it reached before."""
    found = set()
    for goal in goals:
        for start in goals - {goal}:
            before, after = reached(layout, start, -1), reached(layout, start, goal)
            if goal in before and (before - after - {goal}) & goals:
                found.add(goal)
    return found
