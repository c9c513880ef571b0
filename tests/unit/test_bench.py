"""The benchmark suite: what it lists, shows, leaves out and refuses. Figures are not tested."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import msgspec
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from benchmarks import __main__ as worker
from benchmarks import catalogue, charts, distances, instances, machine, simulation, suite
from benchmarks.benchmark import Benchmark, Chart, LeftOutError, Options, Outcome, Report, Series, Table
from fleet.app import bench_command
from fleet.errors import SettingError
from robots.errors import FutureparkError
from tests.floors import drawn

TABLE = Table("Speed", ("robots", "ms", "C++"), ((500, 1.5, None), (10000, 123.4, 60.0)))
FOUND = Outcome("made_up", "a made-up benchmark", 1.2, 300.0, Report((TABLE,), ("on one core",)))
LEFT_OUT = Outcome("made_up", "a made-up benchmark", 0.0, 100.0, None, "[maps] are missing")


def options(tmp_path):
    return Options(full=False, say=lambda _what: None, instances=tmp_path)


def console():
    return Console(file=io.StringIO(), width=100)


def text(console):
    return console.file.getvalue()


# The suite


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("a", "a"),
        (0, "0"),
        (12345, "12,345"),
        (0.0, "0.00"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
    ],
)
def test_figures_have_three_digits(value, written):
    assert suite.format_cell(value) == written


def test_a_table_is_shown_with_its_notes_time_and_memory():
    shown = console()
    suite.print_outcome(shown, FOUND)
    for words in ("made_up", "Speed", "robots", "10,000", "123", "- on one core", "peak memory 300 MB"):
        assert words in text(shown)


def test_a_benchmark_that_is_left_out_says_why():
    shown = console()
    suite.print_outcome(shown, LEFT_OUT)
    assert "left out: [maps] are missing" in text(shown)


@pytest.mark.parametrize(("name", "says"), [("simulations", "did you mean simulation"), ("x", "use one of simulation")])
def test_a_benchmark_that_there_is_not_is_refused_before_anything_runs(monkeypatch, name, says):
    monkeypatch.setattr(suite, "_run_alone", lambda *_arguments, **_options: pytest.fail("it ran"))
    with pytest.raises(SettingError, match=says):
        suite.run_suite(["distances", name], console(), full=False, as_json=False)


@pytest.mark.parametrize(
    ("names", "run"), [([], list(catalogue.CATALOGUE)), (["league", "distances"], ["league", "distances"])]
)
def test_the_named_benchmarks_are_run_or_all(monkeypatch, names, run):
    ran = []

    def note(name, *, full):
        ran.append((name, full))
        return FOUND

    monkeypatch.setattr(suite, "_run_alone", note)
    suite.run_suite(names, console(), full=True, as_json=False)
    assert ran == [(name, True) for name in run]


def test_json_has_the_machine_and_every_figure(monkeypatch):
    monkeypatch.setattr(suite, "_run_alone", lambda *_arguments, **_options: FOUND)
    shown = console()
    suite.run_suite(["distances"], shown, full=False, as_json=True)
    everything = json.loads(text(shown))
    assert everything["machine"]["python"]
    assert everything["benchmarks"][0]["report"]["tables"][0]["rows"][1] == [10000, 123.4, 60.0]


@pytest.mark.parametrize("as_json", [False, True])
def test_the_list_has_names_and_titles(as_json):
    shown = console()
    suite.list_benchmarks(shown, as_json=as_json)
    for name, benchmark in catalogue.CATALOGUE.items():
        assert name in text(shown)
        assert benchmark.title in text(shown)


def test_each_benchmark_runs_in_a_fresh_process_that_finds_this_checkout(monkeypatch):
    calls = []

    def run(command, **keywords):
        calls.append((command, keywords["env"]["PYTHONPATH"].split(os.pathsep)[0]))
        return subprocess.CompletedProcess(command, 0, stdout=msgspec.json.encode(FOUND))

    monkeypatch.setattr(subprocess, "run", run)
    assert suite._run_alone("league", full=True) == FOUND
    root = str(bench_command.source_checkout())
    assert calls == [([sys.executable, "-m", "benchmarks", "league", "--full"], root)]


def test_a_benchmark_that_fails_is_an_error(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **_keywords: subprocess.CompletedProcess(command, 3))
    with pytest.raises(FutureparkError, match="benchmark league failed with exit code 3"):
        suite._run_alone("league", full=False)


CHART = Chart("Speed", "robots", "ms", (Series("ours", ((1.0, 2.0), (5.0, 3.0))), Series("C++", ((1.0, 4.0),), True)))


def test_charts_are_drawn_one_picture_a_benchmark(monkeypatch, tmp_path):
    charted = Outcome("made_up", "t", 1.0, 1.0, Report((TABLE,), (), (CHART, CHART)))
    monkeypatch.setattr(suite, "_run_alone", lambda *_arguments, **_options: charted)
    shown = console()
    suite.run_suite(["distances"], shown, full=False, as_json=False, plots=tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "made_up.png").read_bytes().startswith(b"\x89PNG")
    assert "made_up.png" in text(shown).replace("\n", "")
    assert charts.draw_charts(FOUND, tmp_path) is None
    assert charts.draw_charts(LEFT_OUT, tmp_path) is None


def test_a_chart_has_a_line_a_series_and_the_figures_of_others_are_dashed():
    axes = charts.chart_figure([CHART]).axes[0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("Speed", "robots", "ms")
    ours, others = axes.get_lines()
    assert (ours.get_linestyle(), others.get_linestyle()) == ("-", "--")
    assert ours.get_xydata().tolist() == [[1.0, 2.0], [5.0, 3.0]]


def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(suite, "_run_alone", lambda *_arguments, **_options: pytest.fail("it ran"))
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="cannot be made"):
        suite.run_suite([], console(), full=False, as_json=False, plots=tmp_path / "file" / "plots")


# The process of one benchmark


def work(monkeypatch, capsys, run, *arguments):
    monkeypatch.setattr(worker, "pin_to_one_core", lambda: None)
    monkeypatch.setattr(catalogue, "find_benchmark", lambda name: Benchmark(name, "made up", run))
    worker.main(["made_up", *arguments])
    return msgspec.json.decode(capsys.readouterr().out, type=Outcome)


@pytest.mark.parametrize(("arguments", "full"), [((), False), (("--full",), True)])
def test_a_benchmark_hands_over_what_it_found(monkeypatch, capsys, arguments, full):
    def run(options):
        options.say("half way")
        assert options.full == full
        return FOUND.report

    outcome = work(monkeypatch, capsys, run, *arguments)
    assert (outcome.report, outcome.left_out) == (FOUND.report, None)
    assert outcome.peak_rss_mb > 1


def test_a_benchmark_that_lacks_something_hands_over_why(monkeypatch, capsys):
    def run(_options):
        raise LeftOutError("no maps")

    outcome = work(monkeypatch, capsys, run)
    assert (outcome.report, outcome.left_out) == (None, "no maps")


# Instances and machine


def test_instances_are_where_the_variable_says_or_beside_the_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv(instances.VARIABLE, str(tmp_path))
    assert instances.instances_folder() == tmp_path
    monkeypatch.delenv(instances.VARIABLE)
    beside = bench_command.source_checkout().parent / "shared" / "instances"
    assert instances.instances_folder() == beside


def test_a_missing_instance_is_named_together_with_the_variable(tmp_path):
    with pytest.raises(LeftOutError, match=f"(?s)a.map is missing.*{instances.VARIABLE}"):
        instances.find_instance(tmp_path, "a.map")
    (tmp_path / "a.map").touch()
    assert instances.find_instance(tmp_path, "a.map") == tmp_path / "a.map"


@pytest.mark.parametrize("name", ["planning", "scheduling", "league", "champions", "delays"])
def test_benchmarks_on_league_floors_are_left_out_without_them(tmp_path, name):
    with pytest.raises(LeftOutError):
        catalogue.CATALOGUE[name].run(options(tmp_path))


def test_the_machine_is_described_whatever_is_missing(monkeypatch):
    assert set(machine.describe_machine()) >= {"processor", "cores", "python", "numpy", "numba", "commit"}
    monkeypatch.setattr(machine.Path, "read_text", _refuse)
    monkeypatch.setattr(machine, "_git", _refuse)
    described = machine.describe_machine()
    assert described["processor"]
    assert described["commit"] == "unknown"


def _refuse(*_arguments, **_keywords):
    raise OSError(2, "not there")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned here")
def test_a_pinned_process_has_one_core_and_one_thread_a_library():
    code = (
        "from benchmarks.machine import pin_to_one_core; pin_to_one_core(); import os;"
        "print(len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'], os.environ['NUMBA_NUM_THREADS'])"
    )
    root = bench_command.source_checkout()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["1", "1", "1"]


# What is measured


def test_distance_fields_are_measured_on_the_shipped_floor_alone_if_need_be(monkeypatch, tmp_path):
    monkeypatch.setattr(distances, "load_world", lambda _name: World(drawn("....... .#####. .......")))
    monkeypatch.setattr(distances, "_FIELDS", {False: 5})
    report = distances.run(options(tmp_path))
    assert [row[0] for row in report.tables[0].rows] == ["future_park"]
    assert report.tables[0].rows[0][2] == 16
    assert sum("is left out" in note for note in report.notes) == 2


class World:
    """A world of which only the layout is looked at."""

    def __init__(self, layout):
        self.layout = layout


def test_the_simulation_is_timed_step_by_step(monkeypatch):
    config = simulation.RunConfig

    def tiny(**settings):
        return config(**(settings | {"world": "tiny", "robots": 3}))

    monkeypatch.setattr(simulation, "RunConfig", tiny)
    robots, minutes, wall_s, factor, target, *_ = simulation._measure(500, 60.0)
    assert (robots, minutes, target) == (500, 1.0, 100.0)
    assert factor == pytest.approx(60.0 / wall_s)


# The command


def test_an_installation_without_sources_has_no_benchmarks(monkeypatch, tmp_path):
    monkeypatch.setattr(bench_command, "__file__", str(tmp_path / "fleet" / "app" / "bench_command.py"))
    with pytest.raises(SettingError, match="not part of an installed package"):
        bench_command.source_checkout()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--list",), "distances"),
        (("distances", "--full", "--json"), "['distances'] {'full': True, 'as_json': True, 'plots': None}"),
        (("--plots", "charts"), "[] {'full': False, 'as_json': False, 'plots': PosixPath('charts')}"),
    ],
)
def test_the_command_lists_or_runs(monkeypatch, arguments, expected):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(suite, "run_suite", lambda names, _console, **options: typer.echo(f"{names} {options}"))
    app = typer.Typer()
    bench_command.register(app)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0
    assert expected in result.output
