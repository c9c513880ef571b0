"""`futurepark zone` against a site that answers."""

from __future__ import annotations

import io
import json

import pytest

from fleet.app.main import main
from fleet.traffic.zones.zones import MOST_LIMIT_MPS
from tests.served_site import command_line, served


@pytest.fixture(scope="module")
def site():
    with served() as site:
        yield site


@pytest.fixture
def zone(site, monkeypatch, capsys):
    return command_line("zone", site, monkeypatch, capsys)


def in_force(site):
    return {restriction.ref: restriction for restriction in site.site.zones.in_force()}


@pytest.mark.parametrize(
    ("arguments", "kind", "cells", "edges"),
    [
        (["close", "--zone", "Aisle 1"], "close", 20, 0),
        (["close", "--rect", "1,2,3,4", "--for", "5m"], "close", 9, 0),
        (["close", "--cell", "1, 2"], "close", 1, 0),
        (["close", "--edge", "1,2,1,3"], "close", 0, 2),
        (["close", "--edge", "1,2,1,3", "--there-only"], "close", 0, 1),
        (["slow", "--limit", "0.5", "--zone", "Aisle 1"], "slow", 20, 0),
        (["one-way", "--direction", "east", "--zone", "Aisle 1"], "one_way", 20, 19),
        (["person", "--cell", "5,5"], "person", 1, 0),
        (["e-stop", "--floor"], "e_stop", 200, 0),
        (["e-stop", "--zone", "Aisle 1"], "e_stop", 20, 0),
        (["fire"], "fire", 0, 0),
        (["pause", "amr-002"], "pause", 0, 0),
        (["pause", "1", "--for", "5m"], "pause", 0, 0),
        (["out-of-service", "amr-002"], "out_of_service", 0, 0),
    ],
)
def test_every_kind_of_restriction_is_made_in_ones_own_name(zone, site, arguments, kind, cells, edges):
    label = " ".join(arguments)
    code, out, err = zone(*arguments, "--ref", label)
    assert (code, err) == (0, "")
    made = in_force(site)[label]
    assert out == f"{kind}: restriction {made.id}\n"
    assert (made.kind, made.by, len(made.cells), len(made.edges)) == (kind, "anna", cells, edges)
    assert (made.until_s < float("inf")) is ("--for" in arguments)


def test_restrictions_are_listed_and_ended_by_number_or_label(zone, site):
    zone("close", "--cell", "7,7", "--ref", "spill")
    zone("e-stop", "--cell", "8,8")
    stop = site.site.zones.in_force()[-1]
    code, out, _ = zone("list")
    assert code == 0
    assert "spill" in out
    listed = json.loads(zone("list", "--json")[1])
    assert {entry["id"] for entry in listed} >= {stop.id}
    assert zone("open", "spill")[0] == 0
    assert "spill" not in in_force(site)
    assert zone("open", stop.id)[0] == 1
    assert zone("request-clear", stop.id)[:2] == (0, f"request_clear: restriction {stop.id}\n")
    site.site.now_s += 5
    assert zone("confirm-clear", stop.id)[0] == 0
    assert stop.id not in {restriction.id for restriction in site.site.zones.in_force()}


def test_robots_are_named_by_serial_and_listed_by_it(zone, site):
    assert zone("out-of-service", "amr-003", "--ref", "wheel")[0] == 0
    assert in_force(site)["wheel"].robot == 3
    (listed,) = (entry for entry in json.loads(zone("list", "--json")[1]) if entry["ref"] == "wheel")
    assert (listed["kind"], listed["robot"], listed["place"]) == ("out_of_service", "amr-003", "robot 3")
    code, _, err = zone("out-of-service", "3")
    assert (code, "refused, already: robot 3 is so already" in err) == (1, True)
    assert zone("open", "wheel")[0] == 0
    assert not site.site.zones.out_of_service[3]
    for robot, says in (("amr-30", "no robot 'amr-30'\n  did you mean 'amr-003'?"), ("4", "robots are 0 to 3")):
        code, _, err = zone("pause", robot)
        assert code == 1
        assert says in err
        assert err.startswith("error: refused, bad_action: action, field robot: there is no robot")


def test_an_action_that_is_refused_is_exit_code_1_with_its_reason(zone):
    code, out, err = zone("close", "--zone", "Aisle 9")
    assert (code, out) == (1, "")
    assert err.startswith("error: refused, bad_action: action, field zone: there is no zone 'Aisle 9'\n")
    assert "unknown_restriction" in zone("open", "nothing")[2]


def test_a_file_is_carried_out_line_by_line_until_one_is_refused(zone, site, tmp_path, monkeypatch):
    lines = [
        {"do": "close", "cell": [6, 1], "ref": "f1"},
        {"do": "open", "ref": "f1"},
        {"do": "close", "cell": [6, 2], "ref": "f2"},
        {"do": "open", "ref": "nothing"},
        {"do": "close", "cell": [6, 3], "ref": "f3"},
    ]
    path = tmp_path / "actions.jsonl"
    path.write_text("\n\n".join(json.dumps(line) for line in lines))
    code, out, err = zone("do", path)
    assert (code, out.count("restriction")) == (1, 3)
    assert "unknown_restriction" in err
    assert "f2" in in_force(site)
    assert "f3" not in in_force(site)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"do": "open", "ref": "f2"}\n'))
    assert zone("do", "-")[0] == 0
    assert "f2" not in in_force(site)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the action file is blank"),
        ("{", "line 1: is no JSON object"),
        ('{"do": "fire"}\n[1]\n', "line 2: is no JSON object"),
        ('{"do": "dance"}', "line 1, field do: is missing or unknown"),
        ('{"do": ["fire"]}', "line 1, field do: is missing or unknown"),
        ('{"t": 5, "do": "fire"}', "line 1, field t: on a running floor actions happen now"),
        ('{"by": "ben", "do": "fire"}', "line 1, field by: on a running floor actions happen now"),
        (json.dumps({"do": "fire", "ref": "x" * 5000}), "has 5022 characters"),
    ],
)
def test_a_bad_file_is_exit_code_2_and_nothing_of_it_is_done(zone, site, tmp_path, text, says):
    path = tmp_path / "actions.jsonl"
    path.write_text(text)
    before = len(site.carried_out)
    code, out, err = zone("do", path)
    assert (code, out) == (2, "")
    assert says in err
    assert len(site.carried_out) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["close", "--rect", "1,2,3"],
        ["close", "--cell", "1,x"],
        ["close", "--cell", "-1,2"],
        ["close", "--cell", "99999999999,2"],
        ["close", "--zone", "Aisle 1", "--for", "soon"],
        ["one-way", "--direction", "up", "--zone", "Aisle 1"],
        ["slow", "--zone", "Aisle 1"],
        ["do", "nowhere.jsonl"],
        ["open"],
    ],
)
def test_options_that_mean_nothing_are_exit_code_2(zone, site, arguments):
    before = len(site.carried_out)
    assert zone(*arguments)[0] == 2
    assert len(site.carried_out) == before


def test_what_only_the_floor_can_judge_is_refused_by_the_controller(zone):
    assert zone("close")[0] == 1
    assert zone("close", "--zone", "Aisle 1", "--cell", "1,1")[0] == 1
    assert zone("slow", "--limit", MOST_LIMIT_MPS * 2, "--zone", "Aisle 1")[0] == 1


def test_a_floor_without_restrictions_says_so(capsys):
    with served() as site:
        assert main(["zone", "list", "--connect", site.endpoint]) == 0
    assert capsys.readouterr().out == "nothing is restricted\n"
