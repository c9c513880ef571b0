"""What differs between groups of runs: means over seeds, differences from the first group, and which are no chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleet.report.story.run_groups import FIGURES
from fleet.report.story.seed_statistics import difference, estimate, significant

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.report.story.run_groups import Figure, Grouping, RunGroup
    from fleet.report.story.seed_statistics import Difference, Estimate


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of a group. estimate: None if no run has it; against: the first group, None for that group itself.

    certain  whether the difference is more than chance, all differences of the comparison considered
    """

    group: RunGroup
    figure: Figure
    estimate: Estimate | None
    against: Difference | None
    certain: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups of runs, and every figure of each: `rows` go by figure, then by group."""

    groups: list[RunGroup]
    left_out: list[Path]
    rows: list[Compared]

    def of(self, figure: Figure) -> list[Compared]:
        """Return the rows of one figure, one a group."""
        return [row for row in self.rows if row.figure is figure]


def compare(grouping: Grouping) -> Comparison:
    """Compare every group with the first one in every figure that runs have."""
    first = grouping.groups[0]
    found: list[tuple[RunGroup, Figure, Estimate | None, Difference | None]] = []
    for figure in FIGURES:
        base = first.values(figure)
        for group in grouping.groups:
            values = group.values(figure)
            apart = difference(values, base) if group is not first and values and base else None
            found.append((group, figure, estimate(list(values.values())) if values else None, apart))
    certain = significant([None if apart is None else apart.p for *_, apart in found])
    rows = [Compared(*parts, certain=sure) for parts, sure in zip(found, certain, strict=True)]
    return Comparison(grouping.groups, grouping.left_out, rows)


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-ready values, documented in docs/runs.md."""
    return {
        "groups": [
            {
                "name": group.name,
                "settings": group.settings,
                "seeds": sorted(group.runs),
                "runs": [str(group.runs[seed].path) for seed in sorted(group.runs)],
                "figures": {
                    row.figure.key: _figure(row)
                    for row in comparison.rows
                    if row.group is group and row.estimate is not None
                },
            }
            for group in comparison.groups
        ],
        "left_out": [str(path) for path in comparison.left_out],
    }


def _figure(row: Compared) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if row.estimate is not None:
        told = {"n": row.estimate.n, "mean": row.estimate.mean, "low": row.estimate.low, "high": row.estimate.high}
    if row.against is not None:
        apart = row.against
        told["difference"] = {
            "n": apart.n,
            "paired": apart.paired,
            "mean": apart.mean,
            "low": apart.low,
            "high": apart.high,
            "p": apart.p,
            "significant": row.certain,
        }
    return told
