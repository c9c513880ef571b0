"""What the heatmap calls a place on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fleet.grid.layout import Layout
from fleet.report.place_names import place_name
from sim_worlds.world_file import load_world


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [
        (2, 14, "at Pick 1"),
        (3, 15, "1 cell S of Pick 1"),
        (12, 17, "3 cells NE of Induction 1"),
        (6, 16, "1 cell W of chute C2"),
        (9, 8, "4 cells W of chute C3"),
        (9, 19, "4 cells E of chute C4"),
        (4, 4, "east-west aisle, 12 cells SW of Pick 1"),
        (11, 8, "east-west aisle, 6 cells SW of chute C3"),
        (7, 9, "north-south pick aisle, 5 cells NW of chute C3"),
        (5, 4, "charger, 11 cells NW of chute C1"),
        (5, 3, "parking, 12 cells NW of chute C1"),
    ],
)
def test_a_place_is_named_after_what_is_near(row, column, name):
    world = load_world("tiny")
    assert place_name(world, world.layout.cell(row, column)) == name


def test_a_floor_without_named_things_has_aisles_only(tmp_path):
    path = tmp_path / "bare.map"
    path.write_text("type octile\nheight 3\nwidth 5\nmap\n.....\n@@.@@\n@@.@@\n", encoding="utf-8")
    world = load_world(str(path))
    assert place_name(world, world.layout.cell(0, 1)) == "east-west aisle"
    assert place_name(world, world.layout.cell(2, 2)) == "north-south aisle"


def test_far_from_everything_only_the_aisle_is_named(tmp_path):
    path = tmp_path / "long.map"
    path.write_text(f"type octile\nheight 1\nwidth 40\nmap\nS{'.' * 38}E\n", encoding="utf-8")
    world = load_world(str(path))
    assert place_name(world, 20) == "east-west aisle"
    assert place_name(world, 30) == "east-west aisle, 9 cells W of chute E1"


@pytest.mark.parametrize(
    ("row", "column", "name"),
    [
        (20, 5, "charger"),
        (21, 5, "parking"),
        (20, 7, "north-south aisle beside chargers"),
        (24, 7, "north-south aisle beside parking"),
        (29, 7, "north-south aisle"),
    ],
)
def test_an_aisle_may_be_beside_parking_or_chargers(row, column, name):
    world = load_world("tiny")
    far = replace(
        world,
        layout=Layout(40, 10, np.ones(400, dtype=np.bool_)),
        stations=(),
        chutes=(),
        pick_faces=np.zeros(0, dtype=np.int32),
        chargers=np.array([205], dtype=np.int32),
        parking=np.array([215, 225], dtype=np.int32),
    )
    assert place_name(far, far.layout.cell(row, column)) == name
