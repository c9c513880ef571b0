"""Whatever is set on a tray lies in it, through nothing else, and on what carries it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.cells.tray_pattern import TrayPattern

_SIZE, _MIDDLE, _HIGHEST = (0.66, 0.72), (0.5, -0.1, 0.4), 0.25
_FINE = 0.002  # of the oracle's raster, metres


def anywhere(x, y, top):
    return np.ones(x.shape, dtype=np.bool_)


edges = st.tuples(
    st.floats(0.03, 0.37), st.floats(0.03, 0.34), st.one_of(st.floats(0.002, 0.03), st.floats(0.002, 0.2))
)


def _rectangle(size, base, turned):
    """West, east, south and north of a parcel."""
    length, width = (size[1], size[0]) if turned else size[:2]
    return base[0] - length / 2, base[0] + length / 2, base[1] - width / 2, base[1] + width / 2


def _meet(one, other):
    return min(one[1], other[1]) - max(one[0], other[0]) > 1e-9 and min(one[3], other[3]) - max(one[2], other[2]) > 1e-9


@settings(max_examples=25)
@given(st.lists(edges, min_size=1, max_size=24))
def test_parcels_lie_in_the_tray_beside_and_on_one_another(sizes):
    tray = TrayPattern(_SIZE, _MIDDLE, _HIGHEST)
    placed = []
    for size in sizes:
        spot = tray.spot(size, anywhere)
        if spot is None:
            continue
        mine = _rectangle(size, spot.base, spot.turned)
        bottom, top = spot.base[2], spot.base[2] + size[2]
        assert mine[0] >= _MIDDLE[0] - _SIZE[0] / 2
        assert mine[1] <= _MIDDLE[0] + _SIZE[0] / 2
        assert mine[2] >= _MIDDLE[1] - _SIZE[1] / 2
        assert mine[3] <= _MIDDLE[1] + _SIZE[1] / 2
        assert top <= _MIDDLE[2] + _HIGHEST + 1e-9
        for other, low, high in placed:
            assert not (_meet(mine, other) and bottom < high - 1e-9 and low < top - 1e-9), "one goes through another"
        assert _carried(mine, bottom, placed) > 0.6
        placed.append((mine, bottom, top))
        tray.add(size, (spot.base[0], spot.base[1], spot.base[2] + size[2] / 2), turned=spot.turned)
        assert tray.highest_m >= top - _MIDDLE[2] - 1e-9


def _carried(mine, bottom, placed):
    """Share of a parcel's base that has the tray or another parcel's top at most 2 mm below it."""
    x, y = np.meshgrid(np.arange(mine[0], mine[1], _FINE), np.arange(mine[2], mine[3], _FINE))
    ground = np.full(x.shape, _MIDDLE[2])
    for (west, east, south, north), _, high in placed:
        under = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        ground[under] = np.maximum(ground[under], high)
    return float((ground >= bottom - 0.002 - 1e-9).mean())


def test_a_full_tray_has_no_place_and_an_empty_one_has():
    tray = TrayPattern(_SIZE, _MIDDLE, _HIGHEST)
    cube, count = (0.2, 0.2, 0.2), 0
    while (spot := tray.spot(cube, anywhere)) is not None:
        tray.add(cube, (spot.base[0], spot.base[1], spot.base[2] + 0.1), turned=spot.turned)
        count += 1
    assert count == 9
    assert tray.spot((0.3, 0.3, 0.04), anywhere) is not None  # it still fits on top
    tray.clear()
    assert tray.spot(cube, anywhere) is not None


def test_nothing_is_put_where_the_arm_does_not_reach():
    tray = TrayPattern(_SIZE, _MIDDLE, _HIGHEST)
    spot = tray.spot((0.1, 0.1, 0.1), lambda x, y, top: x < 0.35)
    assert spot is not None
    assert spot.base[0] < 0.35
    assert tray.spot((0.1, 0.1, 0.1), lambda x, y, top: top > 0.6) is None


def test_what_is_larger_than_the_tray_has_no_place():
    assert TrayPattern(_SIZE, _MIDDLE, _HIGHEST).spot((0.8, 0.1, 0.1), anywhere) is None
    assert TrayPattern(_SIZE, _MIDDLE, _HIGHEST).spot((0.1, 0.1, 0.3), anywhere) is None
