"""The documentation keeps up with the code: every key, field, event, name and option stands where it belongs."""

import ast
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from typer.main import get_command

from fleet.app.main import command_line
from fleet.assignment.assigner import TaskRefusal
from fleet.grid.layout import Layout
from fleet.planning.registry import PLANNERS
from fleet.report.heat.floor_picture import PICTURED
from fleet.report.league_result import league_summary, result_document
from fleet.report.summary import Summary
from fleet.report.trace import TraceRecorder, write_trace
from fleet.runtime.activity import Activity
from fleet.runtime.config import RunConfig
from fleet.runtime.league.record import LeagueRecord, LeagueTasks
from fleet.tasks.arrivals import ArrivalProfile
from fleet.tasks.refusal import RefusalReason
from fleet.tasks.sources import jsonl_source
from fleet.tasks.sources.csv_source import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from fleet.tasks.sources.rejects import RejectedRow
from fleet.traffic.zones.action_file import KEYS, read_actions
from fleet.traffic.zones.refusal import ZoneRefusalReason
from fleet.traffic.zones.restriction import ZoneKind
from fleet.traffic.zones.zones import Zones
from robots.model import RobotModel
from sim_worlds import described_world, zone_tables
from sim_worlds.check import check_world
from sim_worlds.generators.params import KINDS
from sim_worlds.legend import STANDARD_LEGEND, CellKind
from sim_worlds.toml_table import TomlTable
from sim_worlds.world_file import load_world, shipped_worlds

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

Row = dict[str, str]


def section(page: str, heading: str) -> str:
    """Text of a page of docs/ below a `## ` heading."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def codes(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def tables(page: str, heading: str, first: str) -> list[dict[str, Row]]:
    """Tables of a section whose first column is headed `first`, by the names in code font in that column.

    A row is column to text. Where the first column holds several names, a column with as many codes gives each its own.
    """
    found = []
    for lines in re.findall(r"(?:^\|.*\n?)+", section(page, heading), re.MULTILINE):
        header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines())
        if header[0] == first:
            found.append({name: cells for row in rows for name, cells in named(header, row)})
    return found


def named(header: list[str], row: list[str]) -> Iterator[tuple[str, Row]]:
    names = codes(row[0])
    for place, name in enumerate(names):
        shared = [len(names) == 1 or len(codes(cell)) != len(names) for cell in row]
        cells = [cell if all_same else codes(cell)[place] for cell, all_same in zip(row, shared, strict=True)]
        yield name, dict(zip(header, cells, strict=True))


def table(page: str, heading: str, first: str) -> dict[str, Row]:
    (only,) = tables(page, heading, first)
    return only


# Runs


def test_every_setting_of_a_run_is_documented_with_its_default() -> None:
    documented = {
        key: tomllib.loads(f"value = {row['default'].strip('`')}")["value"]
        for key, row in table("runs.md", "config.toml", "key").items()
    }
    assert documented == dict(flat_settings(RunConfig()))


def flat_settings(params: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in fields(params):
        value = getattr(params, field.name)
        if is_dataclass(value):
            yield from flat_settings(value, f"{field.name}.")
        else:
            yield prefix + field.name, value


def test_every_planner_is_documented() -> None:
    assert set(table("runs.md", "config.toml", "planner")) == set(PLANNERS)


def test_every_field_of_the_summary_is_documented() -> None:
    assert set(table("runs.md", "summary.json", "field")) == set(flat_fields(Summary))


def flat_fields(kind: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from (f"{field.name}.{inner}" for inner in flat_fields(field.type))
        else:
            yield field.name


def test_every_kind_of_event_is_documented_with_its_fields() -> None:
    written = dict(
        event
        for package in ("fleet", "robots", "twin")
        for path in (ROOT / package).rglob("*.py")
        for event in events_in(ast.parse(path.read_text(encoding="utf-8")))
    )
    assert len(written) >= 12
    of_runs, of_zones = table("runs.md", "events.jsonl", "event"), table("zones.md", "Events", "event")
    assert not set(of_runs) & set(of_zones)
    assert {kind: set(codes(row["fields"])) for kind, row in (of_runs | of_zones).items()} == written


def events_in(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Kind and other fields of every dict in the code with the keys `t` and `event`."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
        keys = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if is_text(key)}
        if not {"t", "event"} <= set(keys):
            continue
        kind = keys["event"]
        # A kind that is a variable takes its values from the loop around it, or the enumeration that is its type.
        around = [loop.iter for loop in loops if node in ast.walk(loop)] if isinstance(kind, ast.Name) else [kind]
        around += values_of_its_type(kind, node, tree)
        texts = [part.value for source in around for part in ast.walk(source) if is_text(part)]
        assert texts, ast.unparse(node)
        yield from ((text, set(keys) - {"t", "event"}) for text in texts)


def values_of_its_type(kind: ast.expr, node: ast.Dict, tree: ast.Module) -> Iterator[ast.expr]:
    """Values of the enumeration that is the type of a parameter."""
    functions = [part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef) and node in ast.walk(part)]
    arguments = [arg for function in functions for arg in function.args.args]
    types = [ast.unparse(arg.annotation) for arg in arguments if arg.annotation and arg.arg == ast.unparse(kind)]
    for part in tree.body:
        if isinstance(part, ast.ClassDef) and part.name in types:
            yield from (line.value for line in part.body if isinstance(line, ast.Assign))


def is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def write_small_trace(path: Path) -> None:
    """Write a step of two robots that stand still."""
    cell, heading = np.array([0, 1], dtype=np.int32), np.zeros(2, dtype=np.int8)
    recorder = TraceRecorder(2, 1)
    recorder.start(cell, heading)
    recorder.append(cell, heading, np.full(2, Activity.WAITING, dtype=np.uint8), np.zeros(2, dtype=np.bool_))
    write_trace(path, recorder.trace("tiny", 1, 2, 1.0))


def test_every_array_of_a_trace_is_documented_with_its_type(tmp_path: Path) -> None:
    write_small_trace(tmp_path / "trace.npz")
    shapes = {(): "()", (2,): "(n,)", (1, 2): "(steps, n)"}
    with np.load(tmp_path / "trace.npz") as arrays:
        held = {name: (arrays[name].dtype.name, shapes[arrays[name].shape]) for name in arrays}
    held["world"] = ("text", "()")
    documented = table("runs.md", "trace.npz", "array")
    assert {name: (row["dtype"], row["shape"]) for name, row in documented.items()} == held
    activities = ", ".join(f"{activity.value} {activity.name.lower()}" for activity in Activity)
    assert documented["activity"]["holds"] == activities


def test_the_numpy_example_reads_a_trace_without_our_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", section("runs.md", "trace.npz"), re.DOTALL)
    imports = [node for node in ast.walk(ast.parse(example)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
    folder = tmp_path / "runs" / "tiny-1-1"
    folder.mkdir(parents=True)
    write_small_trace(folder / "trace.npz")
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert "waiting: 100.0% of the robots' time" in capsys.readouterr().out


def test_every_metric_of_a_heatmap_is_documented() -> None:
    assert set(table("runs.md", "Heatmaps", "metric")) == set(PICTURED)


def test_every_field_of_a_league_result_and_its_summary_is_documented() -> None:
    record = LeagueRecord(
        layout=Layout(1, 2, np.ones(2, dtype=np.bool_)),
        starts=np.zeros(1, dtype=np.int32),
        tasks=LeagueTasks(np.zeros(1, np.int32), np.array([0, 1], dtype=np.int64), np.zeros(1, np.int32)),
        planned=np.full((1, 1), 3, dtype=np.uint8),
        actual=np.full((1, 1), 3, dtype=np.uint8),
        busy_steps=np.zeros(1, dtype=np.int32),
        scheduling_s=[0.1],
        planning_s=[0.1],
    )
    result, summary = tables("runs.md", "League results", "field")
    assert set(result) == set(result_document(record))
    assert set(summary) == set(league_summary(record)) | {
        "instance", "planner", "guidance", "wall_s", "peak_rss_mb", "out",
    }  # fmt: skip


# Orders


def test_every_reason_to_refuse_an_order_or_a_task_is_documented() -> None:
    of_orders, of_tasks = tables("orders.md", "Refusals", "reason")
    assert set(of_orders) == {reason.value for reason in RefusalReason}
    assert set(of_tasks) == {reason.name.lower() for reason in TaskRefusal}


def test_every_column_and_field_of_an_order_file_is_documented() -> None:
    columns = table("orders.md", "CSV: one order line a row", "column")
    assert set(columns) == {*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS}
    assert {name for name, row in columns.items() if row["value"].startswith("optional")} == set(OPTIONAL_COLUMNS)
    of_order, of_line = jsonl_source._Order.__struct_fields__, jsonl_source._Line.__struct_fields__
    assert set(table("orders.md", "JSONL: one order a line", "field")) == {*of_order, *of_line}


def test_every_field_of_a_reject_file_is_documented() -> None:
    assert set(table("orders.md", "Bad rows", "field")) == {field.name for field in fields(RejectedRow)}


def test_every_arrival_profile_is_documented_with_its_rates() -> None:
    heading = f"Generator: `poisson:RATE[:{'|'.join(ArrivalProfile)}]`"
    (chart,) = re.findall(r"```text\n(.*?)```", section("orders.md", heading), re.DOTALL)
    for profile in ArrivalProfile:
        rows = re.findall(rf"^{profile} +((?:\d\.\d\d *)+)$", chart, re.MULTILINE)
        rates = [float(rate) for row in rows for rate in row.split()]
        assert rates == [pytest.approx(profile.relative_rate(3600.0 * hour)) for hour in range(24)]


# Zones

ACTION_FILE = "The file of actions"


def test_every_reason_to_refuse_a_zone_action_is_documented() -> None:
    assert set(table("zones.md", "Refusals", "reason")) == {reason.value for reason in ZoneRefusalReason}


def test_every_kind_of_restriction_is_documented_with_what_it_does() -> None:
    kinds = table("zones.md", "Kinds", "kind")
    assert list(kinds) == [kind.value for kind in ZoneKind]
    for name, row in kinds.items():
        assert row["robots inside"].startswith("stop") == ZoneKind(name).halts, name
        assert row["others"].startswith("do not enter") == ZoneKind(name).closes, name
        assert (row["ends"] == "two steps") == ZoneKind(name).guarded, name


def test_every_action_and_key_of_an_action_file_is_documented() -> None:
    others = {do: set(keys) - {"t", "do", "by"} for do, keys in KEYS.items()}
    actions = table("zones.md", ACTION_FILE, "action")
    assert {do: set(codes(row["keys besides `t`, `do` and `by`"])) for do, row in actions.items()} == others
    assert set(table("zones.md", ACTION_FILE, "key")) == {"t", "do", "by"}.union(*others.values())


def test_the_example_of_an_action_file_is_carried_out_whole(tmp_path: Path) -> None:
    world = load_world("future_park")
    (example,) = re.findall(r"```json\n(.*?)```", section("zones.md", ACTION_FILE), re.DOTALL)
    (tmp_path / "actions.jsonl").write_text(example, encoding="utf-8")
    events: list[dict[str, Any]] = []
    zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, events.append, robots=20)
    actions = read_actions(tmp_path / "actions.jsonl", world.layout, world.zones, robots=20)
    assert {timed.action.do for timed in actions} == set(KEYS)
    assert all(isinstance(zones.apply(timed.action, timed.at_s), int) for timed in actions)
    assert zones.in_force() == []


# Worlds


def test_every_key_of_a_world_file_is_documented() -> None:
    documented, _ = tables("worlds.md", "Keys of the world file", "key")
    asked = {
        node.args[0].value
        for reader in (described_world, zone_tables)
        for node in ast.walk(ast.parse(inspect.getsource(reader)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args and is_text(node.args[0])
        if hasattr(TomlTable, node.func.attr) and node.func.attr != "note"
    }
    assert len(asked) > 20
    assert {part for key in documented for part in key.split(".")} - {"SYMBOL"} == asked - {"robot"}
    shipped = tomllib.loads(shipped_worlds()["tiny"].read_text(encoding="utf-8"))
    assert {key for key in documented if not key.startswith("legend.")} == set(flat_keys(shipped)) - {"legend"}


def flat_keys(shipped: dict[str, Any]) -> Iterator[str]:
    """Keys with the table or array of tables in which they stand."""
    for key, value in shipped.items():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and key != "legend":
                yield from (f"{key}.{inner}" for inner in entry)
            else:
                yield key


def test_every_key_of_a_robot_is_documented_with_its_default() -> None:
    _, robot = tables("worlds.md", "Keys of the world file", "key")
    documented = {key: row["default"].strip("`") for key, row in robot.items()}
    assert documented == {f"robot.{field.name}": str(field.default) for field in fields(RobotModel)}


def test_every_symbol_and_kind_of_cell_is_documented() -> None:
    symbols = table("worlds.md", "Map and symbols", "symbol")
    assert {symbol: CellKind(row["kind"].strip("`")) for symbol, row in symbols.items()} == STANDARD_LEGEND
    assert set(STANDARD_LEGEND.values()) == set(CellKind)
    for row in symbols.values():
        assert (row["robot may stand"] == "yes") == CellKind(row["kind"].strip("`")).passable


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_generator_is_documented_with_its_parameters_and_their_defaults(kind: Any) -> None:
    documented = {
        name: row[kind.kind].strip("`")
        for name, row in table("worlds.md", "Generators", "parameter").items()
        if row[kind.kind]
    }
    assert documented.pop("title")
    assert documented == {field.name: str(field.default) for field in fields(kind) if field.name != "title"}


def test_least_values_of_parameters_are_documented() -> None:
    rows = table("worlds.md", "Generators", "parameter")
    for kind in KINDS:
        for field in fields(kind):
            if "least" in field.metadata:
                assert rows[field.name]["least"] == str(field.metadata["least"]), field.name


def test_the_example_of_a_world_is_sound(tmp_path: Path) -> None:
    text = section("worlds.md", "A whole world")
    for language, name in (("toml", "corner.toml"), ("text", "corner.map")):
        (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block, encoding="utf-8")
    assert check_world(str(tmp_path / "corner.toml")) == []


# All pages


def links() -> Iterator[Any]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield pytest.param(page, target, id=f"{page.name}:{target}")


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_links_lead_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


def shown_commands() -> Iterator[Any]:
    """Every command line in a block of code."""
    for page in PAGES:
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^(?:\$ )?(futurepark .*)$", block.replace("\\\n", " "), re.MULTILINE):
                yield pytest.param(re.split(r"\s[|<>]", line)[0], id=f"{page.name}:{line}")


def mentioned_commands() -> Iterator[Any]:
    """Every command in code font within a sentence, which may leave out arguments or name them in capitals."""
    for page in PAGES:
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for command in codes(prose):
            if command.startswith("futurepark "):
                yield pytest.param(" ".join(command.split()), id=f"{page.name}:{command}")


def find_commands(words: list[str]) -> tuple[list[Any], list[str]]:
    """The commands that the first words name, and the words after them; a word in capitals names all of a group.

    The name of a command `serve` may be left out.
    """
    found: list[Any] = [get_command(command_line())]
    while words and hasattr(found[0], "commands") and not words[0].startswith("-"):
        group, word = found[0].commands, words[0]
        if word not in group and "serve" in group and found[0].name != "futurepark":
            return [group["serve"]], words
        assert word in group or word.isupper(), f"there is no command {word}"
        found, words = [group[word]] if word in group else list(group.values()), words[1:]
    return found, words


@pytest.mark.parametrize("line", list(shown_commands()))
def test_commands_in_blocks_of_code_parse(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    (command,), rest = find_commands([word for word in words if word != "--help"])
    if "--help" not in words:
        # Reads arguments and options as the command line does, and runs nothing.
        command.make_context(command.name, rest)


@pytest.mark.parametrize("line", list(mentioned_commands()))
def test_commands_in_sentences_exist_with_their_options(line: str) -> None:
    commands, rest = find_commands(line.split()[1:])
    for command in commands:
        known = {"--help", *chain.from_iterable(parameter.opts for parameter in command.params)}
        assert {word.strip("[]") for word in rest if word.strip("[]").startswith("-")} <= known
