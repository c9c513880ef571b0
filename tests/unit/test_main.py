"""The command line as a whole: exit codes, messages, and what `run` prints and leaves behind."""

from __future__ import annotations

import errno
import json
import os
import signal

import pytest
import typer
from typer.main import get_command

import fleet.app.simulate as simulate_module
from fleet.app import main as main_module
from fleet.app.interrupts import StopRequest, on_interrupt, remember_interrupts
from fleet.app.main import COMMANDS, command_line, main
from fleet.errors import AuditError, OrderError
from fleet.planning.auditor import Finding, Violation
from fleet.report.run_directory import RunReader
from robots.errors import DriverError, FutureparkError


def raising(monkeypatch, error):
    """Let every command raise this."""

    def app(**_arguments):
        raise error

    monkeypatch.setattr(main_module, "command_line", lambda _commands: app)


def test_bad_input_is_exit_code_2_with_place_problem_and_remedy(monkeypatch, capsys):
    raising(monkeypatch, OrderError("orders.csv, line 7, column quantity", "is 'x'", "give a whole number"))
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.err == "error: orders.csv, line 7, column quantity: is 'x'\n  give a whole number\n"
    assert told.out == ""


@pytest.mark.parametrize("error", [AuditError("2 violations: ..."), DriverError("robot 3 ..."), FutureparkError("x")])
def test_a_failure_of_ours_is_exit_code_1_with_its_message(monkeypatch, capsys, error):
    raising(monkeypatch, error)
    assert main([]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"error: {error}\n")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), 1, "error: runs/x: No space left on device"),
        (OSError(errno.EIO, "Input/output error"), 1, "error: input or output: Input/output error"),
        (OSError("no more"), 1, "error: input or output: no more"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), 2, "File name too long"),
        (MemoryError("Unable to allocate 7.67 PiB"), 1, "error: not enough memory: Unable to allocate 7.67 PiB"),
    ],
)
def test_what_the_machine_cannot_do_is_said_without_a_traceback(monkeypatch, capsys, error, code, says):
    raising(monkeypatch, error)
    assert main([]) == code
    told = capsys.readouterr()
    assert says in told.err
    assert "Traceback" not in told.err


def test_a_bug_is_not_hidden(monkeypatch):
    raising(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        main([])


@pytest.mark.parametrize(("code", "returned"), [(0, 0), (3, 3), (None, 0), ("text", 1)])
def test_the_exit_code_of_a_command_is_returned(monkeypatch, code, returned):
    raising(monkeypatch, SystemExit(code))
    assert main([]) == returned


def test_a_command_that_returns_is_done(monkeypatch):
    monkeypatch.setattr(main_module, "command_line", lambda _commands: lambda **_arguments: None)
    assert main([]) == 0


def test_an_interrupt_is_exit_code_130_without_a_word(monkeypatch, capsys):
    app = typer.Typer()

    @app.command()
    def command():
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "command_line", lambda _commands: app)
    assert main([]) == 130
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_there_without_the_others(name):
    assert list(get_command(command_line([name])).commands) == [name]


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    for command in ("run", "world", "tune", "lorr", "heatmap", "bench", "doctor"):
        assert command in told


def test_version_is_that_of_the_distribution(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("futurepark 0.")


@pytest.mark.parametrize("arguments", [[], ["sing"], ["run", "tiny", "--loud"], ["world", "paint"]])
def test_what_no_command_understands_is_exit_code_2(capsys, arguments):
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


# futurepark run


def run(tmp_path, *arguments):
    return main(["run", "tiny", "--robots", "2", "--for", "20s", "--out", str(tmp_path / "runs"), *arguments])


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_run_prints_a_table_and_where_it_wrote(tmp_path, capsys):
    assert run(tmp_path, "--audit") == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "tiny, 2 robots" in told.out
    assert "0 (audited)" in told.out
    assert told.out.endswith(f"Written to {tmp_path / 'runs' / 'tiny-1-1'}\n")


def test_json_is_one_object_and_the_summary_of_the_run_directory(tmp_path, capsys):
    assert run(tmp_path, "--json") == 0
    told = capsys.readouterr()
    assert told.err == ""
    written = (tmp_path / "runs" / "tiny-1-1" / "summary.json").read_text()
    assert told.out == written
    summary = json.loads(written)
    assert (summary["world"], summary["robots"], summary["seed"], summary["simulated_s"]) == ("tiny", 2, 1, 20.0)
    assert summary["violations"] is None


def test_a_run_directory_has_its_five_files_and_nothing_else(tmp_path):
    run(tmp_path, "--json")
    assert files(tmp_path / "runs") == [
        "tiny-1-1",
        *(f"tiny-1-1/{name}" for name in ("config.toml", "events.jsonl", "heatmap.png", "summary.json", "trace.npz")),
    ]


def test_options_go_before_the_settings_of_a_file(tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text('world = "tiny"\nrobots = 3\nseed = 5\nduration_s = 4.0\naudit = true\n')
    out = ["--out", str(tmp_path / "runs"), "--json"]
    assert main(["run", "--config", str(settings), "--seed", "6", *out]) == 0
    summary = RunReader(tmp_path / "runs" / "tiny-6-1").summary
    assert (summary.robots, summary.seed, summary.simulated_s, summary.violations) == (3, 6, 4.0, 0)


def test_the_settings_of_a_run_directory_repeat_it_from_anywhere(tmp_path, monkeypatch):
    orders = tmp_path / "orders.jsonl"
    line = {"sku": "bolt", "quantity": 3, "unit_litres": 1.0, "unit_kg": 1.0}
    orders.write_text(json.dumps({"id": "a", "release_s": 2.0, "lines": [line]}) + "\n")
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path, "--orders", "orders.jsonl", "--seed", "9", "--planner", "pibt", "--json") == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    first = tmp_path / "runs" / "tiny-9-1"
    assert main(["run", "--config", str(first), "--out", "again", "--json"]) == 0
    again = tmp_path / "elsewhere" / "again" / "tiny-9-1"
    assert RunReader(again).summary.trace_hash == RunReader(first).summary.trace_hash
    for name in ("config.toml", "events.jsonl", "heatmap.png"):
        assert (again / name).read_bytes() == (first / name).read_bytes()


def test_a_file_of_the_name_of_a_shipped_world_does_not_stand_in_its_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").write_text("")
    assert run(tmp_path, "--json") == 0
    assert RunReader(tmp_path / "runs" / "tiny-1-1").config.world == "tiny"


def spoiled(monkeypatch, spoil):
    """Let `run` compose a simulation that is spoilt before it starts."""
    compose = simulate_module.compose

    def composed(*arguments, **named):
        simulation = compose(*arguments, **named)
        spoil(simulation)
        return simulation

    monkeypatch.setattr(simulate_module, "compose", composed)


def test_a_broken_rule_of_the_floor_is_written_down_and_exit_code_1(tmp_path, capsys, monkeypatch):
    finding = Finding(3, Violation.VERTEX, (0, 1), 60)
    spoiled(monkeypatch, lambda simulation: simulation.auditor.findings.append(finding))
    assert run(tmp_path, "--audit", "--json") == 1
    told = capsys.readouterr()
    assert told.err == "error: 1 violations: step 3: robot 0 and robot 1 in cell 60: two robots in one cell\n"
    assert json.loads(told.out)["violations"] == 1
    assert RunReader(tmp_path / "runs" / "tiny-1-1").summary.violations == 1


def miscount(simulation):
    simulation.pool._books.customers.units["dropped"] += 1


def test_tasks_that_do_not_add_up_are_a_violation_and_exit_code_1(tmp_path, capsys, monkeypatch):
    spoiled(monkeypatch, miscount)
    assert run(tmp_path, "--audit", "--json") == 1
    told = capsys.readouterr()
    assert "dropped" in told.err
    assert json.loads(told.out)["violations"] == 1


def test_nobody_looks_without_audit(tmp_path, capsys, monkeypatch):
    spoiled(monkeypatch, miscount)
    assert run(tmp_path) == 0
    assert "not audited" in capsys.readouterr().out


def interrupted_after(steps):
    """Make the recorder send an interrupt to this process in the middle of a step."""

    def spoil(simulation):
        append = simulation.recorder.append

        def interrupting(*columns):
            if simulation.loop.steps == steps:
                os.kill(os.getpid(), signal.SIGINT)
            append(*columns)

        simulation.recorder.append = interrupting

    return spoil


def test_an_interrupt_ends_the_run_with_the_step_under_way_and_what_is_there_is_written(tmp_path, capsys, monkeypatch):
    spoiled(monkeypatch, interrupted_after(4))
    assert run(tmp_path, "--json") == 130
    told = capsys.readouterr()
    assert told.err == ""
    assert json.loads(told.out)["interrupted"] is True
    reader = RunReader(tmp_path / "runs" / "tiny-1-1")
    assert (reader.summary.steps, reader.summary.interrupted) == (5, True)
    assert len(files(tmp_path / "runs" / "tiny-1-1")) == 5


def test_a_table_says_that_the_run_was_interrupted(tmp_path, capsys, monkeypatch):
    spoiled(monkeypatch, interrupted_after(4))
    assert run(tmp_path) == 130
    assert "interrupted" in capsys.readouterr().out


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError, OSError])
@pytest.mark.parametrize("where", ["compose", "save_heatmap", "summarise"])
def test_a_run_that_fails_leaves_nothing(tmp_path, capsys, monkeypatch, failure, where):
    def fail(*_arguments, **_named):
        raise failure

    monkeypatch.setattr(simulate_module, where, fail)
    assert run(tmp_path, "--json") == (130 if failure is KeyboardInterrupt else 1)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_a_run_that_fails_leaves_other_runs_alone(tmp_path, monkeypatch):
    run(tmp_path, "--json")
    before = files(tmp_path)
    monkeypatch.setattr(simulate_module, "save_heatmap", lambda *_arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, "--json")
    assert files(tmp_path) == before


def test_progress_is_shown_on_a_terminal_and_standard_output_stays_clean(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert run(tmp_path, "--json") == 0
    told = capsys.readouterr()
    assert "0:20" in told.err
    assert "tasks," in told.err
    json.loads(told.out)


def test_bad_rows_are_set_aside_and_everything_is_accounted_for(tmp_path, capsys):
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g\n"
        "a,2,bolt,10,10,10,5\nb,none,nut,10,10,10,5\na,1,nut,10,10,10,5\nc,1,anvil,10,10,10,900000\nd,0,nut,1,1,1,1\n"
    )
    aside = tmp_path / "aside.jsonl"
    told = ["--orders", str(orders), "--rejects", str(aside), "--audit", "--json"]
    assert run(tmp_path, "--for", "10m", *told) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["orders"] == {"accepted": 4, "done": 1, "open": 0, "rejected": 3}
    assert summary["rejections"] == {"bad_row": 2, "unit_too_heavy": 1}
    assert summary["units"] == {"ordered": 3, "picked": 3, "dropped": 3}
    rows = [json.loads(line) for line in aside.read_text().splitlines()]
    assert [(row["line"], row["order"], row["text"]) for row in rows] == [
        (3, "b", "b,none,nut,10,10,10,5"),
        (6, "d", "d,0,nut,1,1,1,1"),
    ]


# Interrupts


def test_an_interrupt_is_a_call_and_afterwards_an_exception_again():
    calls = []
    with on_interrupt(lambda: calls.append("stop")):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    assert calls == ["stop", "stop"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_loses_during_a_start_ends_it_nevertheless():
    class Forgotten:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    remember_interrupts()
    try:
        Forgotten()
        with pytest.raises(KeyboardInterrupt), on_interrupt(lambda: pytest.fail("called")):
            pytest.fail("began")
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda _number, _frame: None])
def test_interrupts_that_are_ignored_or_handled_already_stay_so(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with on_interrupt(lambda: pytest.fail("called")):
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_wish_to_stop_is_heard_once_somebody_listens(number, code):
    before, calls = signal.getsignal(number), []
    with StopRequest() as stop:
        stop.then(lambda: calls.append("listening"))
        assert (calls, stop.wanted) == ([], False)
        os.kill(os.getpid(), number)
        assert calls == ["listening"]
        stop.then(lambda: calls.append("late"))
        assert calls == ["listening", "late"]
        assert (stop.wanted, stop.code) == (True, code)
    assert signal.getsignal(number) is before
