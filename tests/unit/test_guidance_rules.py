"""Rules of guidance: which moves they make dear, and which rules are refused."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.grid.guidance_rules import GuidanceRules
from fleet.grid.layout import Layout
from tests.floors import drawn

EAST, SOUTH, WEST, NORTH = range(4)
NOWHERE = np.zeros(0, dtype=np.int32)
OPEN = "...... ...... ...... ......"


def weights(rules: GuidanceRules, layout: Layout, stations: np.ndarray = NOWHERE) -> np.ndarray:
    """Weights as an array (row, column, heading)."""
    return rules.guidance(layout, stations).forward.reshape(layout.height, layout.width, 4).astype(int)


def test_without_lanes_every_move_costs_the_same():
    guidance = GuidanceRules(lanes="none", along=7, turn=3).guidance(drawn(OPEN), NOWHERE)
    assert (guidance.forward == 7).all()
    assert (guidance.turn, guidance.unit) == (3, 7)


def test_a_pattern_repeats_over_rows_and_columns():
    rules = GuidanceRules(lanes="pattern", rows="><.", columns="v^", along=10, against=50)
    found = weights(rules, drawn(OPEN))
    assert found[:, 0, EAST].tolist() == [10, 50, 10, 10]
    assert found[:, 0, WEST].tolist() == [50, 10, 10, 50]
    assert found[0, :, SOUTH].tolist() == [10, 50] * 3
    assert found[0, :, NORTH].tolist() == [50, 10] * 3
    assert (found[:, :, [EAST, WEST]] == found[:, :1, [EAST, WEST]]).all()
    assert (found[:, :, [SOUTH, NORTH]] == found[:1, :, [SOUTH, NORTH]]).all()


def test_streets_count_only_rows_and_columns_along_which_one_can_drive():
    # Rows 0, 2 and 4 are streets, columns 0, 3 and 6 are; what lies between is shelves and the gaps at their ends.
    layout = drawn("....... .##.##. ....... .##.##. .......")
    rules = GuidanceRules(lanes="streets", rows="><", columns="v^", along=10, against=50)
    found = weights(rules, layout)
    assert found[:, 0, WEST].tolist() == [50, 10, 10, 10, 50]
    assert found[:, 0, EAST].tolist() == [10, 10, 50, 10, 10]
    assert found[0, :, NORTH].tolist() == [50, 10, 10, 10, 10, 10, 50]
    assert found[0, :, SOUTH].tolist() == [10, 10, 10, 50, 10, 10, 10]


def test_a_row_of_half_the_moves_of_the_longest_is_a_street_and_a_shorter_one_is_not():
    # Six, three, two and six moves along the rows.
    layout = drawn("....... ....### ...#### .......")
    found = weights(GuidanceRules(lanes="streets", rows="><", columns=".", along=10, against=50), layout)
    assert found[:, 0, WEST].tolist() == [50, 10, 10, 50]
    assert found[:, 0, EAST].tolist() == [10, 50, 10, 10]


def test_a_floor_on_which_nobody_can_drive_has_no_streets():
    found = weights(GuidanceRules(lanes="streets", rows=">", columns="v"), drawn(".#. #.# .#."))
    assert (found == 20).all()


def test_corridors_of_two_lanes_keep_right_and_single_lanes_go_both_ways():
    # A corridor of two rows across the floor and one of a single column down from it.
    layout = drawn("...... ...... ##.### ##.### ##.###")
    found = weights(GuidanceRules(lanes="keep_right", along=10, against=50), layout)
    # Going east, the southern of the two rows is on the right.
    assert found[0, 0, [EAST, WEST]].tolist() == [50, 10]
    assert found[1, 0, [EAST, WEST]].tolist() == [10, 50]
    assert found[3, 2, [SOUTH, NORTH]].tolist() == [10, 10]


def test_keep_right_in_columns_and_the_odd_lane_goes_both_ways():
    found = weights(GuidanceRules(lanes="keep_right", along=10, against=50), drawn("... ... ..."))
    # Going north, the eastern of two columns is on the right; the third is left over.
    assert found[1, :, SOUTH].tolist() == [10, 50, 10]
    assert found[1, :, NORTH].tolist() == [50, 10, 10]


def test_extras_are_added_by_row_and_column_and_near_stations():
    rules = GuidanceRules(
        lanes="none", along=10, station_extra=5, station_radius=1, row_extra=(0.0, 3.0), column_extra=(0.0, 10.0)
    )
    found = weights(rules, drawn(OPEN), np.array([0], dtype=np.int32))
    assert (found == found[:, :, :1]).all()
    assert found[:, :, EAST].tolist() == [
        [15, 17, 14, 16, 18, 20],
        [16, 13, 15, 17, 19, 21],
        [12, 14, 16, 18, 20, 22],
        [13, 15, 17, 19, 21, 23],
    ]


def test_stations_matter_within_their_radius():
    rules = GuidanceRules(lanes="none", along=10, station_extra=5, station_radius=2)
    found = weights(rules, drawn(OPEN), np.array([8], dtype=np.int32))[:, :, EAST]
    for row in range(4):
        for column in range(6):
            near = abs(row - 1) + abs(column - 2) <= 2
            assert found[row, column] == (15 if near else 10)


def test_weights_stay_within_what_a_byte_holds():
    found = weights(GuidanceRules(lanes="none", along=20, row_extra=(-255.0, 255.0)), drawn(OPEN))
    assert (found.min(), found.max()) == (1, 255)


CHANGED = GuidanceRules("pattern", "><", "v^", 10, 90, 4, 6, 3, (0.5, 1.0), (2.0,))


@pytest.mark.parametrize("rules", [GuidanceRules(), CHANGED], ids=["defaults", "all changed"])
def test_a_table_is_read_back_as_the_same_rules(rules):
    assert GuidanceRules.from_table(rules.as_table()) == rules


def test_keys_that_are_left_out_take_their_defaults():
    assert GuidanceRules.from_table({"lanes": "none", "row_extra": [1, 2.5]}) == GuidanceRules(
        lanes="none", row_extra=(1, 2.5)
    )


@pytest.mark.parametrize(
    ("table", "where", "says"),
    [
        ({"lane": "none"}, "guidance.lane", "did you mean lanes?"),
        ({"zzz": 1}, "guidance.zzz", "use one of: lanes, rows"),
        ({"lanes": "left"}, "guidance.lanes", "is 'left'; use one of none, pattern, streets, keep_right"),
        ({"lanes": 3}, "guidance.lanes", "is 3"),
        ({"lanes": ["none"]}, "guidance.lanes", "is "),
        ({"rows": ""}, "guidance.rows", "is ''; use one or more of > < ."),
        ({"rows": "v"}, "guidance.rows", "is 'v'"),
        ({"rows": [">"]}, "guidance.rows", "use one or more of > < ."),
        ({"columns": ">"}, "guidance.columns", "use one or more of v ^ ."),
        ({"along": 0}, "guidance.along", "is 0; use a whole number from 1 to 255"),
        ({"along": 256}, "guidance.along", "is 256"),
        ({"against": 20.5}, "guidance.against", "is 20.5"),
        ({"turn": True}, "guidance.turn", "is True"),
        ({"turn": "1"}, "guidance.turn", "is '1'"),
        ({"station_extra": -1}, "guidance.station_extra", "is -1; use a whole number from 0 to 255"),
        ({"station_radius": 300}, "guidance.station_radius", "is 300"),
        ({"row_extra": 3}, "guidance.row_extra", "is 3; use a list of numbers from -255 to 255"),
        ({"row_extra": [1.0, float("nan")]}, "guidance.row_extra", "nan"),
        ({"row_extra": [float("inf")]}, "guidance.row_extra", "inf"),
        ({"column_extra": [10**30]}, "guidance.column_extra", "use a list of numbers"),
        ({"column_extra": ["1"]}, "guidance.column_extra", "use a list of numbers"),
        ({"column_extra": [True]}, "guidance.column_extra", "use a list of numbers"),
    ],
)
def test_rules_that_will_not_do_are_refused_with_their_key(table, where, says):
    with pytest.raises(SettingError) as refused:
        GuidanceRules.from_table(table)
    assert refused.value.where == where
    assert says in str(refused.value)


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(SettingError) as refused:
        GuidanceRules(row_extra=(300.0,) * 500)
    assert len(str(refused.value)) < 200
