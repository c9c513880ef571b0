"""The plan auditor finds every broken rule, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import AuditError
from fleet.planning.auditor import Finding, PlanAuditor, Violation
from tests.floors import drawn, floors, places
from tests.oracles import rules

E, S, W, N = range(4)
F, CW, CCW, WAIT = range(4)


def column(dtype, values):
    return np.array(values, dtype=dtype)


def audit(auditor, cells, headings, actions, **rest):
    return auditor.check(column(np.int32, cells), column(np.int8, headings), column(np.uint8, actions), **rest)


def edge_flags(count, *edges):
    found = np.zeros((count, 4), dtype=np.bool_)
    for cell, heading in edges:
        found[cell, heading] = True
    return found


def flags(count, *where):
    found = np.zeros(count, dtype=np.bool_)
    found[list(where)] = True
    return found


# On a floor of 3 x 3 with an obstacle in cell 5; cells are
#   0 1 2
#   3 4 #
#   6 7 8
FLOOR = drawn("... ..# ...")

BROKEN = [
    ("no such action", [4], [E], [4], {}, Finding(0, Violation.ACTION, (0,), 4)),
    ("into an obstacle", [0, 4], [E, E], [WAIT, F], {}, Finding(0, Violation.OBSTACLE, (1,), 4)),
    ("off the map, north", [0], [N], [F], {}, Finding(0, Violation.OBSTACLE, (0,), 0)),
    ("off the map, south", [8], [S], [F], {}, Finding(0, Violation.OBSTACLE, (0,), 8)),
    ("off the map, east, where the next row begins", [2], [E], [F], {}, Finding(0, Violation.OBSTACLE, (0,), 2)),
    ("off the map, west, where the last row ends", [3], [W], [F], {}, Finding(0, Violation.OBSTACLE, (0,), 3)),
    ("standing on an obstacle", [5], [E], [WAIT], {}, Finding(0, Violation.OBSTACLE, (0,), 5)),
    ("into a closed cell", [0], [E], [F], {"closed": flags(9, 1)}, Finding(0, Violation.CLOSED, (0,), 1)),
    (
        "over a closed edge",
        [4, 0],
        [E, S],
        [WAIT, F],
        {"closed_edges": edge_flags(9, (0, S))},
        Finding(0, Violation.EDGE, (1,), 0),
    ),
    ("driving in spite of a hold", [0], [E], [F], {"hold": flags(1, 0)}, Finding(0, Violation.HOLD, (0,), 0)),
    ("turning in spite of a hold", [0], [E], [CW], {"hold": flags(1, 0)}, Finding(0, Violation.HOLD, (0,), 0)),
    ("both into one cell", [0, 2], [E, W], [F, F], {}, Finding(0, Violation.VERTEX, (0, 1), 1)),
    ("into a robot that waits", [0, 1], [E, E], [F, WAIT], {}, Finding(0, Violation.VERTEX, (0, 1), 1)),
    ("into a robot that turns", [1, 0], [E, E], [CCW, F], {}, Finding(0, Violation.VERTEX, (0, 1), 1)),
    ("together from the start", [4, 4], [E, E], [WAIT, WAIT], {}, Finding(0, Violation.VERTEX, (0, 1), 4)),
    ("swapping, in a row", [0, 8, 1], [E, E, W], [F, WAIT, F], {}, Finding(0, Violation.SWAP, (0, 2), 0)),
    ("swapping, in a column", [6, 3], [N, S], [F, F], {}, Finding(0, Violation.SWAP, (0, 1), 6)),
]


@pytest.mark.parametrize(
    ("cells", "headings", "actions", "rest", "finding"),
    [row[1:] for row in BROKEN],
    ids=[row[0].replace(" ", "-") for row in BROKEN],
)
def test_broken_rule_is_found(cells, headings, actions, rest, finding):
    auditor = PlanAuditor(FLOOR)
    audit(auditor, cells, headings, actions, **rest)
    assert auditor.findings == [finding]
    assert auditor.counts == {finding.kind.name.lower(): 1}


CLEAN = [
    ("waiting", [0, 4], [E, E], [WAIT, WAIT], {}),
    ("turning at the wall", [0, 4], [N, E], [CW, CCW], {}),
    ("following closely", [0, 1, 4], [E, S, S], [F, F, F], {}),
    ("around a ring", [0, 1, 4, 3], [E, S, W, N], [F, F, F, F], {}),
    ("crossing behind each other", [0, 1], [E, S], [F, F], {}),
    ("out of a closed cell", [0], [E], [F], {"closed": flags(9, 0)}),
    ("waiting on a closed cell", [0], [E], [WAIT], {"closed": flags(9, 0)}),
    ("the other way over a closed edge", [3], [N], [F], {"closed_edges": edge_flags(9, (0, S), (3, E))}),
    (
        "turning and waiting at closed edges",
        [0, 1],
        [E, S],
        [CW, WAIT],
        {"closed_edges": edge_flags(9, (0, E), (1, S))},
    ),
    ("a hold for somebody else", [0, 3], [E, E], [F, WAIT], {"hold": flags(2, 1)}),
    ("nobody there", [], [], [], {"hold": flags(0), "closed": flags(9)}),
]


@pytest.mark.parametrize(
    ("cells", "headings", "actions", "rest"),
    [row[1:] for row in CLEAN],
    ids=[row[0].replace(" ", "-") for row in CLEAN],
)
def test_clean_step_gives_no_finding(cells, headings, actions, rest):
    auditor = PlanAuditor(FLOOR)
    audit(auditor, cells, headings, actions, **rest)
    auditor.raise_findings()
    assert auditor.findings == []
    assert auditor.counts == {}


def test_check_returns_where_the_step_leads():
    to, headings = audit(PlanAuditor(FLOOR), [0, 4, 6, 8], [E, N, E, E], [F, CW, CCW, WAIT])
    assert (to.dtype, headings.dtype) == (np.int32, np.int8)
    assert to.tolist() == [1, 4, 6, 8]
    assert headings.tolist() == [E, E, N, E]


def test_ring_is_found_where_rings_are_forbidden():
    auditor = PlanAuditor(FLOOR, allow_rings=False)
    audit(auditor, [8, 0, 1, 4, 3], [W, E, S, W, N], [WAIT, F, F, F, F])
    assert [(finding.kind, sorted(finding.robots)) for finding in auditor.findings] == [(Violation.RING, [1, 2, 3, 4])]


def test_train_that_runs_into_a_gap_is_no_ring():
    auditor = PlanAuditor(FLOOR, allow_rings=False)
    audit(auditor, [0, 1, 4], [E, S, W], [F, F, F])
    assert auditor.findings == []


def test_swap_is_no_ring():
    auditor = PlanAuditor(FLOOR, allow_rings=False)
    audit(auditor, [0, 1], [E, W], [F, F])
    assert auditor.counts == {"swap": 1}


def test_every_violation_of_a_run_is_kept_with_its_step():
    auditor = PlanAuditor(FLOOR)
    audit(auditor, [0, 2], [E, W], [WAIT, WAIT])
    audit(auditor, [0, 2], [E, W], [F, F])
    audit(auditor, [0, 1], [E, W], [F, F])
    audit(auditor, [3, 4], [W, E], [F, F])
    assert auditor.steps == 4
    assert [(finding.step, finding.kind) for finding in auditor.findings] == [
        (1, Violation.VERTEX),
        (2, Violation.SWAP),
        (3, Violation.OBSTACLE),
        (3, Violation.OBSTACLE),
    ]
    assert auditor.counts == {"vertex": 1, "swap": 1, "obstacle": 2}


def test_findings_are_raised_with_step_robots_and_cell():
    auditor = PlanAuditor(FLOOR)
    auditor.raise_findings()
    audit(auditor, [0, 2], [E, W], [F, F])
    with pytest.raises(AuditError, match="1 violations: step 0: robot 0 and robot 1 in cell 1: two robots in one cell"):
        auditor.raise_findings()


def test_only_the_first_findings_are_spelled_out():
    auditor = PlanAuditor(FLOOR)
    for _ in range(7):
        audit(auditor, [5], [E], [WAIT])
    with pytest.raises(AuditError, match=r"^7 violations: ") as raised:
        auditor.raise_findings()
    assert "step 4" in str(raised.value)
    assert "step 5" not in str(raised.value)


@pytest.mark.parametrize(
    ("cells", "headings", "robots"), [([1, 4], [E, N], ()), ([0, 4], [E, N], (0,)), ([1, 4], [E, S], (1,))]
)
def test_reported_state_is_compared_with_where_the_step_leads(cells, headings, robots):
    auditor = PlanAuditor(FLOOR)
    expected = audit(auditor, [0, 4], [E, E], [F, CCW])
    auditor.check_state(expected, column(np.int32, cells), column(np.int8, headings))
    assert auditor.findings == [Finding(0, Violation.STATE, (robot,), cells[robot]) for robot in robots]


@settings(max_examples=150)
@given(st.data())
def test_auditor_agrees_with_the_rules_on_any_step(data):
    layout = data.draw(floors(side=4))
    n = data.draw(st.integers(0, len(layout.free_cells)))
    cells = data.draw(st.permutations(layout.free_cells.tolist()))[:n]
    headings = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    # Mostly forward, so that robots meet.
    actions = data.draw(st.lists(st.sampled_from([F, F, F, CW, CCW, WAIT, 4, 255]), min_size=n, max_size=n))
    hold = set(data.draw(st.lists(st.integers(0, n - 1), max_size=3))) if n else set()
    closed = set(data.draw(st.lists(st.sampled_from(layout.free_cells.tolist()), max_size=3)))
    edges = data.draw(st.lists(st.tuples(st.sampled_from(layout.free_cells.tolist()), st.integers(0, 3)), max_size=9))
    forbid_rings = data.draw(st.booleans())

    auditor = PlanAuditor(layout, allow_rings=not forbid_rings)
    to, to_headings = audit(
        auditor,
        cells,
        headings,
        actions,
        hold=flags(n, *hold),
        closed=flags(layout.cells, *closed),
        closed_edges=edge_flags(layout.cells, *edges),
    )

    robots = [(*divmod(cell, layout.width), heading) for cell, heading in zip(cells, headings, strict=True)]
    expected = rules.broken_rules(
        layout.height,
        layout.width,
        places(layout),
        robots,
        actions,
        hold,
        {divmod(c, layout.width) for c in closed},
        {(*divmod(cell, layout.width), heading) for cell, heading in edges},
    )
    if forbid_rings:
        expected |= {("ring", robot) for robot in rules.robots_in_rings(robots, actions)}
    assert {(f.kind.name.lower(), robot) for f in auditor.findings for robot in f.robots} == expected
    for robot, action, cell, heading in zip(robots, actions, to.tolist(), to_headings.tolist(), strict=True):
        led = rules.step(robot, action)
        if ("obstacle", robots.index(robot)) not in expected:
            assert (*divmod(cell, layout.width), heading) == led


@settings(max_examples=50)
@given(st.data())
def test_auditor_finds_robots_that_start_together(data):
    layout = data.draw(floors(side=3))
    cells = data.draw(st.lists(st.sampled_from(layout.free_cells.tolist()), min_size=1, max_size=5))
    n = len(cells)
    auditor = PlanAuditor(layout)
    audit(auditor, cells, [E] * n, [WAIT] * n)
    robots = [(*divmod(cell, layout.width), E) for cell in cells]
    expected = rules.broken_rules(layout.height, layout.width, places(layout), robots, [WAIT] * n)
    assert {(f.kind.name.lower(), robot) for f in auditor.findings for robot in f.robots} == expected
