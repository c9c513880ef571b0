"""Sections of a report on robots: where their time went, and how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.page.chart_frame import FigureTable
from fleet.report.page.charts import share_bar, shares_by_rank, shares_over_time
from fleet.report.page.markup import joined, tag
from fleet.report.page.page import Section, paragraphs
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from fleet.report.story.run_story import RunStory
    from robots.arrays import Int64

_PARTS: Final = [(activity.name.lower(), activity.name.lower()) for activity in Activity]
_MOST_ROWS: Final = 40
# An outlier is farther from the quartiles than so many times their distance: Tukey, "Exploratory Data Analysis" (1977).
_FENCE: Final = 3.0


def time_section(story: RunStory) -> Section:
    """Where the robots' time went, in all and over time."""
    shares = story.use.shares
    most = sorted(Activity, key=lambda activity: -shares[activity])[:3]
    text = f"Most of it: {', '.join(f'{activity.name.lower()} {shares[activity]:.1%}' for activity in most)}."
    bar = share_bar("time-in-all", "Over the whole run", f"Shares of the robots' time. {text}", _PARTS, shares)
    over_time = shares_over_time(
        "time-over-time", "Over time", "Shares of the robots' time in each part of the run.", story.bins, _PARTS,
        story.use.by_bin,
    )  # fmt: skip
    words = "Waiting: the robot has somewhere else to be and stands still. Idle: it has not. Service: picks and drops."
    return Section("time", "Where time went", joined(paragraphs(words), bar.markup(), over_time.markup()))


def robots_section(story: RunStory) -> Section:
    """Tasks, distance and waiting of each robot, and which are unlike the others."""
    use = story.use
    waiting = use.by_robot[:, Activity.WAITING]
    order = np.lexsort((np.arange(len(waiting)), -waiting))
    tasks, metres = _tasks(story), use.moves * story.world.cell_m
    steps = use.by_robot.sum(axis=1)
    table = FigureTable(
        ("robot", "tasks", "driven m", *(name for _, name in _PARTS)),
        [
            (str(robot), f"{tasks[robot]:,}", f"{metres[robot]:,.0f}",
             *(f"{share:.1%}" for share in (use.by_robot[robot] / steps[robot]).tolist()))
            for robot in _shown(order)
        ],
    )  # fmt: skip
    title = f"Each robot's time{_shown_of(len(order))}"
    chart = shares_by_rank(
        "robots-time", title,
        f"Robots by how long they waited: {waiting.max() / steps[0]:.1%} of its time the first, "
        f"{waiting.min() / steps[0]:.1%} the last.",
        _PARTS, use.by_robot[order], table,
    )  # fmt: skip
    facts = FigureTable(
        ("", "least", "median", "mean", "most", "in all"),
        [_spread("tasks done", tasks, 0), _spread("driven, km", metres / 1000.0, 2),
         _spread("waiting, minutes", waiting * story.trace.step_s / 60.0, 1)],
    )  # fmt: skip
    odd = _outliers({"tasks done": tasks, "metres driven": metres, "seconds waited": waiting * story.trace.step_s})
    body = [facts.markup("Robots"), chart.markup(), tag("h3", "Robots unlike the others")]
    if odd:
        body.append(FigureTable(("robot", "what", "its own", "half of all lie in"), odd, names=2).markup("Outliers"))
    else:
        body.append(tag("p", "None is far from the others in tasks, distance or waiting."))
    return Section("robots", "Robots", joined(*body))


def _tasks(story: RunStory) -> Int64:
    """Tasks that each robot did, int64 (n,), refills of bins included."""
    done = [task.robot for task in story.history.tasks if task.status == "done"]
    counts: Int64 = np.bincount(np.array(done, dtype=np.int64), minlength=story.trace.robots)
    return counts


def _shown(order: Int64) -> list[int]:
    """All robots, or of many those that waited most and least."""
    robots: list[int] = order.tolist()
    half = _MOST_ROWS // 2
    return robots if len(robots) <= _MOST_ROWS else robots[:half] + robots[-half:]


def _shown_of(robots: int) -> str:
    half = _MOST_ROWS // 2
    return "" if robots <= _MOST_ROWS else f" (figures: the {half} that waited most and the {half} that waited least)"


def _spread(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], decimals: int) -> tuple[object, ...]:
    numbers = values.astype(np.float64)
    figures = (numbers.min(), np.median(numbers), numbers.mean(), numbers.max(), numbers.sum())
    return (
        name,
        *(f"{float(figure):,.{max(decimals, 1) if place == 2 else decimals}f}" for place, figure in enumerate(figures)),
    )


def _outliers(
    quantities: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]],
) -> list[tuple[object, ...]]:
    """Robots beyond Tukey's outer fences: robot, quantity, its value, and the quartiles; at most ten a quantity."""
    found: list[tuple[object, ...]] = []
    for name, values in quantities.items():
        numbers = values.astype(np.float64)
        low, high = np.percentile(numbers, [25, 75]).tolist()
        reach = _FENCE * (high - low)
        beyond = np.maximum(low - numbers, numbers - high) - reach
        worst = [robot for robot in np.argsort(-beyond, kind="stable")[:10].tolist() if beyond[robot] > 0 and reach > 0]
        found += [(str(robot), name, f"{numbers[robot]:,.0f}", f"{low:,.0f} to {high:,.0f}") for robot in worst]
    return found
