"""The state of a search on disk: read back as it was, and refused when it is not of this search."""

from __future__ import annotations

import msgspec
import pytest

from fleet.app.tuning.settings import TuneSettings
from fleet.app.tuning.state_file import TuneState, begin_state, state_path, write_state
from fleet.errors import SettingError

SETTINGS = TuneSettings(
    robots=6, steps=40, warmup=10, orders="", seed=3, population=4, generations=2, repeats=1, proof=2
)
STATE = TuneState("tiny", "abc", SETTINGS, {"no guidance": 0.1 + 0.2}, [[1 / 3, 2.0, 3.0, 4.0]])


def fresh(**changes):
    return TuneState("tiny", "abc", msgspec.structs.replace(SETTINGS, **changes))


def test_a_state_is_read_back_to_the_last_bit_and_lies_beside_the_rules(tmp_path):
    path = state_path(tmp_path / "a.toml")
    assert path == tmp_path / "a.toml.state.json"
    write_state(path, STATE)
    assert begin_state(path, fresh(), resume=True) == STATE
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_more_generations_are_the_same_search(tmp_path):
    write_state(tmp_path / "s", STATE)
    assert begin_state(tmp_path / "s", fresh(generations=9), resume=True) == STATE


def test_a_first_search_begins_afresh(tmp_path):
    assert begin_state(tmp_path / "s", fresh(), resume=False) == fresh()


def test_a_search_that_was_begun_is_not_overwritten(tmp_path):
    write_state(tmp_path / "s", STATE)
    with pytest.raises(SettingError, match="begun earlier; add --resume"):
        begin_state(tmp_path / "s", fresh(), resume=False)


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(SettingError, match="no such state of a search to resume"):
        begin_state(tmp_path / "s", fresh(), resume=True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"world": 3}', '{"what": 1}', "[" * 100_000])
def test_a_damaged_state_is_refused(tmp_path, text):
    (tmp_path / "s").write_text(text)
    with pytest.raises(SettingError, match="is damaged"):
        begin_state(tmp_path / "s", fresh(), resume=True)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (TuneState("park", "abc", SETTINGS), "of another floor, of park"),
        (TuneState("tiny", "xyz", SETTINGS), "of another floor"),
        (fresh(seed=4), "of a search with seed 4, not 3"),
        (fresh(robots=7), "of a search with robots 7, not 6"),
        (fresh(population=5), "of a search with population 5, not 4"),
        (TuneState("tiny", "abc", SETTINGS, {}, [[1.0] * 4, [1.0]]), "has a generation 2 of another size"),
    ],
)
def test_a_state_of_another_search_is_refused(tmp_path, state, says):
    write_state(tmp_path / "s", state)
    with pytest.raises(SettingError, match=says):
        begin_state(tmp_path / "s", fresh(), resume=True)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"seed": -1}, "--seed"),
        ({"seed": 10**9 + 1}, "--seed"),
        ({"steps": 7}, "--steps"),
        ({"population": 3}, "--population"),
        ({"generations": -1}, "--generations"),
        ({"repeats": 0}, "--repeats"),
        ({"proof": 1}, "--proof"),
    ],
)
def test_settings_out_of_range_are_refused(changes, where):
    with pytest.raises(SettingError) as refused:
        TuneSettings(**(msgspec.structs.asdict(SETTINGS) | changes))
    assert refused.value.where == where
