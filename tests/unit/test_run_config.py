"""Settings of a run: written and read back as they were, and every wrong one refused with file and key."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from fleet.assignment.assigner import AssignmentParams
from fleet.assignment.charging_params import ChargingParams
from fleet.errors import SettingError
from fleet.runtime.config import FloorParams, RunConfig, config_table, read_config
from fleet.traffic.params import GrantParams, WatchParams

CHANGED = RunConfig(
    world="/floors/a b.toml",
    robots=12,
    duration_s=90.5,
    orders='poisson:3000:peak "quoted"\n',
    seed=2**63 - 1,
    planner="pibt",
    assigner="greedy",
    audit=True,
    initial_charge_percent=12.25,
    distance_memory_mb=64,
    guidance="/floors/a b.guidance.toml",
    services="/floors/a b.services.toml",
    execution="grants",
    driver="twin",
    robot_model="/floors/a b.toml",
    cells="Pick 1,C2",
    sensors=True,
    actions="/floors/a b.jsonl",
    assignment=AssignmentParams(nearest=3, urgent=4, priority_s=0.0, age_weight=0.5, due_s=7.5, due_horizon_s=30.0),
    charging=ChargingParams(5.0, 15.0, 40.0, 95.0, trip_factor=2.0),
    grants=GrantParams(reaction_s=0.5, most_cells=3, tick_s=0.05, replan_s=0.2),
    watch=WatchParams(silent_s=2.5, lost_s=6.0, blocked_s=2.0),
    floor=FloorParams(message_loss=0.25, dead_share=0.125, faults="/floors/f.jsonl"),
)


def written(folder, text):
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_settings_differ_from_their_defaults_in_the_round_trip():
    assert not [entry.name for entry in fields(RunConfig) if getattr(CHANGED, entry.name) == entry.default]


@pytest.mark.parametrize("config", [RunConfig(), CHANGED], ids=["defaults", "all changed"])
def test_settings_are_read_back_as_they_were_written(tmp_path, config):
    assert read_config(written(tmp_path, tomli_w.dumps(config_table(config)))) == config


@given(
    duration_s=st.floats(1e-3, 30 * 86400.0),
    seed=st.integers(0, 2**63 - 1),
    percent=st.floats(0, 100),
    weight=st.floats(1e-6, 1e6),
)
def test_numbers_are_read_back_to_the_last_bit(tmp_path_factory, duration_s, seed, percent, weight):
    config = RunConfig(
        duration_s=duration_s,
        seed=seed,
        initial_charge_percent=percent,
        assignment=AssignmentParams(age_weight=weight),
    )
    text = tomli_w.dumps(config_table(config))
    assert read_config(written(tmp_path_factory.getbasetemp(), text)) == config


def test_keys_that_are_left_out_take_their_defaults(tmp_path):
    assert read_config(written(tmp_path, "")) == RunConfig()
    read = read_config(written(tmp_path, "robots = 3\n[charging]\nfull_percent = 80.0\n"))
    assert read == replace(RunConfig(), robots=3, charging=ChargingParams(full_percent=80.0))


def test_a_whole_number_will_do_where_a_number_is_wanted(tmp_path):
    read = read_config(written(tmp_path, "duration_s = 60\n[assignment]\ndue_s = 5\n"))
    assert (read.duration_s, read.assignment.due_s) == (60.0, 5.0)
    assert type(read.duration_s) is float


def test_the_settings_of_a_run_directory_are_those_in_its_config_toml(tmp_path):
    (tmp_path / "config.toml").write_text(tomli_w.dumps(config_table(CHANGED)), encoding="utf-8")
    assert read_config(tmp_path) == CHANGED


def test_what_a_finished_run_adds_about_itself_is_passed_over(tmp_path):
    table = config_table(CHANGED) | {"run": {"version": "0.1.0", "robots": 500, "anything": 1}}
    assert read_config(written(tmp_path, tomli_w.dumps(table))) == CHANGED


def test_the_table_is_plain_toml_with_a_table_for_each_part():
    table = tomllib.loads(tomli_w.dumps(config_table(RunConfig())))
    assert set(table) == {entry.name for entry in fields(RunConfig)}
    assert set(table["assignment"]) == {entry.name for entry in fields(AssignmentParams)}
    assert set(table["charging"]) == {entry.name for entry in fields(ChargingParams)}


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("wrld = 'tiny'", "key wrld", "unknown key; did you mean world?"),
        ("zzz = 1", "key zzz", "unknown key; use one of: world, robots"),
        ("[chargng]", "key chargng", "unknown key; did you mean charging?"),
        ("[charging]\nlow = 3.0", "table charging, key low", "unknown key"),
        ("[assignment]\nqqq = 3", "table assignment, key qqq", "unknown key; use one of: nearest, urgent"),
        ("robots = 'many'", "key robots", "is 'many'; give a value of type int"),
        ("robots = 2.0", "key robots", "is 2.0; give a value of type int"),
        ("robots = true", "key robots", "is True; give a value of type int"),
        ("world = 3", "key world", "is 3; give a value of type str"),
        ("audit = 1", "key audit", "is 1; give a value of type bool"),
        ("duration_s = true", "key duration_s", "is True; give a value of type float"),
        ("duration_s = '30m'", "key duration_s", "is '30m'; give a value of type float"),
        ("seed = [1]", "key seed", r"is \[1\]; give a value of type int"),
        ("charging = 3", "key charging", "is 3; give a table"),
        ("[charging]\nfull_percent = 'full'", "table charging, key full_percent", "give a value of type float"),
        ("robots = -1", "key robots", "is -1; use 1 or more"),
        ("duration_s = 0.0", "key duration_s", "is 0.0; use more than 0 s"),
        ("duration_s = -5", "key duration_s", "is -5.0; use more than 0 s"),
        ("duration_s = nan", "key duration_s", "is nan; use more than 0 s"),
        ("duration_s = inf", "key duration_s", "is inf; use more than 0 s, at most 30 days"),
        ("duration_s = 2592001.0", "key duration_s", "at most 30 days"),
        (f"duration_s = 1{'0' * 400}", "key duration_s", "is inf; use more than 0 s, at most 30 days"),
        ("seed = -1", "key seed", "is -1; use a whole number from 0"),
        ("seed = 9223372036854775808", "key seed", r"use a whole number from 0 to 2\^63 - 1"),
        ("distance_memory_mb = 0", "key distance_memory_mb", "is 0; use 1 or more"),
        ("guidance = ''", "key guidance", "is ''; use auto, none or a guidance file"),
        ("guidance = 'lanes'", "key guidance", "is 'lanes'; use auto, none or a guidance file"),
        ("services = 'quick'", "key services", "is 'quick'; use fixed, measured or a file of service times"),
        ('services = "a\\u0000.toml"', "key services", "use fixed, measured or a file of service times"),
        ('guidance = "a\\u0000.toml"', "key guidance", "use auto, none or a guidance file"),
        ("execution = 'free'", "key execution", "is 'free'; use ideal or grants"),
        ("driver = 'real'", "key driver", "is 'real'; use kinematic or twin"),
        ("driver = 'twin'", "key driver", "is 'twin'; use execution grants with it"),
        ("execution = 'grants'\nrobot_model = 'a.toml'", "key robot_model", "is 'a.toml'; use driver twin with it"),
        (
            "execution = 'grants'\ndriver = 'twin'\nrobot_model = \"a\\u0000.toml\"",
            "key robot_model",
            "name a file",
        ),
        ("execution = 'grants'\nactions = \"a\\u0000.jsonl\"", "key actions", "name a file"),
        ('[floor]\nfaults = "a\\u0000.jsonl"', "table floor, key faults", "name a file"),
        ("initial_charge_percent = -0.5", "key initial_charge_percent", "is -0.5; use 0 to 100"),
        ("initial_charge_percent = 100.5", "key initial_charge_percent", "is 100.5; use 0 to 100"),
        ("initial_charge_percent = nan", "key initial_charge_percent", "is nan; use 0 to 100"),
        ("[charging]\nlow_percent = 5.0", "table charging, key critical_percent", "not less than low_percent"),
        ("[charging]\ntrip_factor = 1e308", "table charging, key trip_factor", "is 1e[+]308; use 1 to 100"),
        ("[assignment]\nage_weight = 0", "table assignment, key age_weight", "is 0.0; use a number greater than 0"),
    ],
)
def test_a_wrong_setting_is_refused_with_file_key_and_remedy(tmp_path, text, where, says):
    path = written(tmp_path, text)
    with pytest.raises(SettingError, match=says) as caught:
        read_config(path)
    assert caught.value.where == f"{path}, {where}"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"world = ", "Invalid value"),
        (b"world = 'tiny'\nworld = 'tiny'", "Cannot overwrite a value"),
        (b"\xff\xfe", "can't decode byte 0xff"),
        (b"seed = 1" + b"0" * 5000, "limit"),
        (b"seed = " + b"[" * 5000 + b"]" * 5000, "recursion"),
    ],
    ids=["no value", "key twice", "no text", "endless number", "bottomless list"],
)
def test_a_file_that_is_no_usable_toml_is_refused_with_its_name(tmp_path, content, says):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(SettingError, match=says) as caught:
        read_config(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy == "give a run directory or a config.toml"


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(SettingError, match="No such file") as caught:
        read_config(tmp_path / "none.toml")
    assert caught.value.where == str(tmp_path / "none.toml")


def test_a_folder_without_settings_is_refused_with_the_file_that_it_lacks(tmp_path):
    with pytest.raises(SettingError, match="No such file") as caught:
        read_config(tmp_path)
    assert caught.value.where == str(tmp_path / "config.toml")
