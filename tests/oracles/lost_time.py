"""Lost time, one robot and one leg at a time, by looking at every pair of times."""

from __future__ import annotations

AT_GOAL = (3, 4, 5)  # service, charging, idle
TURNING = 1
HEADINGS = {(0, 1): 0, (1, 0): 1, (0, -1): 2, (-1, 0): 3}


def lost_steps(trace):
    """{(robot, step)} of the steps that robots lose."""
    found = set()
    for robot in range(trace.robots):
        cells = [int(trace.start_cell[robot]), *map(int, trace.cell[:, robot])]
        headings = [int(trace.start_heading[robot]), *map(int, trace.heading[:, robot])]
        activity, delayed = trace.activity[:, robot].tolist(), trace.delayed[:, robot].tolist()
        for leg in _legs(activity):
            found |= {(robot, step) for step in _lost_on(leg, cells, headings, activity, delayed, trace.width)}
    return found


def _legs(activity):
    """Runs of steps that are not spent at a goal."""
    legs, leg = [], []
    for step, what in enumerate(activity):
        if what in AT_GOAL:
            legs.append(leg)
            leg = []
        else:
            leg.append(step)
    return [leg for leg in [*legs, leg] if leg]


def _lost_on(leg, cells, headings, activity, delayed, width):
    moments = [leg[0], *(step + 1 for step in leg)]
    in_loop = {
        step for step in leg
        if any(cells[a] == cells[b] for a in moments if a <= step for b in moments if b > step)
    }  # fmt: skip
    held = _with_delay([step for step in leg if step in in_loop or delayed[step]], delayed)
    onward = [step for step in leg if step not in in_loop and cells[step + 1] != cells[step]]
    needed, heading, since = set(), headings[leg[0]], leg[0]
    for step in onward:
        (row, column), (to_row, to_column) = divmod(cells[step], width), divmod(cells[step + 1], width)
        towards = HEADINGS.get((to_row - row, to_column - column))
        if towards is not None and heading is not None:
            quarters = min((towards - heading) % 4, (heading - towards) % 4)
            turns = [at for at in range(since, step) if activity[at] == TURNING and not delayed[at]]
            needed |= set(turns[len(turns) - quarters :] if quarters < len(turns) else turns) if quarters else set()
        heading, since = towards, step + 1
    return held - needed


def _with_delay(held, delayed):
    kept, stretch = set(), []
    for step in [*held, None]:
        if stretch and (step is None or step != stretch[-1] + 1):
            kept |= set(stretch) if any(delayed[at] for at in stretch) else set()
            stretch = []
        if step is not None:
            stretch.append(step)
    return kept
