"""Every kind of bad input is refused: exit code 2, what, where and what to do, no traceback, nothing half written."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.app.main import main
from tests.league_instances import written
from tests.worlds import MAP, TOML, write_world

ORDERS = """\
order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g
a,2,bolt,10,10,10,5
b,1,nut,10,10,10,5
"""
JSON_ORDER = '{"id": "a", "lines": [{"sku": "s", "quantity": 1, "unit_litres": 1, "weight_g": 5}]}'


@dataclass
class Bench:
    """A folder with one sound example of every kind of input, for a case to spoil, and how it is then used."""

    folder: Path
    finished: Path  # a run that is over

    def write(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def world(self, *, toml: tuple[str, str] = ("", ""), map_text: tuple[str, str] = ("", "")) -> str:
        return str(
            write_world(self.folder, toml=TOML.replace(*toml, 1), map_text=MAP.replace(*map_text, 1))
            if toml[0] or map_text[0]
            else write_world(self.folder)
        )

    def orders(self, old: str = "", new: str = "") -> list[str]:
        assert old in ORDERS
        return self.run("--orders", self.write("orders.csv", ORDERS.replace(old, new, 1)))

    def jsonl(self, line: str) -> list[str]:
        return self.run("--orders", self.write("orders.jsonl", line + "\n"))

    def run(self, *arguments: str) -> list[str]:
        return ["run", "tiny", "--for", "10s", "--out", str(self.folder / "runs"), *arguments]

    def twin(self, *arguments: str) -> list[str]:
        return self.run("--driver", "twin", "--record", str(self.folder / "a.trace"), *arguments)

    def tune(self, *arguments: str) -> list[str]:
        return ["tune", "tiny", "--processes", "1", "--out", str(self.folder / "g.toml"), *arguments]

    def config(self, text: str) -> list[str]:
        return ["run", "--for", "10s", "--out", str(self.folder / "runs"), "--config", self.write("config.toml", text)]

    def league(self, **changes: object) -> list[str]:
        path = written(self.folder, ["...", "..."], [(0, 0), (1, 1)], [[(0, 2)], [(1, 0)]])
        keys = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in keys.items() if value is not None}))
        return ["lorr", str(path), "--steps", "5", "--out", str(self.folder / "result.json")]

    def spoiled_league(self, file: str, text: str) -> list[str]:
        command = self.league()
        self.write(file, text)
        return command

    def finished_run(self) -> Path:
        return shutil.copytree(self.finished, self.folder / "runs" / self.finished.name)

    def spoiled_run(self, file: str, text: str | bytes | None) -> list[str]:
        run = self.finished_run()
        if text is None:
            (run / file).unlink()
        else:
            self.write(str(run / file), text)
        return ["heatmap", str(run), "--out", str(self.folder / "map.png")]


# Name of the case; the command that meets it; words that the message must have: where, what, and what to do.
CASES = {
    # Worlds and maps
    "a world that does not exist": (lambda b: ["world", "check", "nowhere"], ["nowhere", "future_park, tiny"]),
    "a world without a name": (lambda b: ["world", "show", ""], ["world ''", "future_park, tiny"]),
    "a name that is too long": (lambda b: ["world", "check", "x" * 300 + ".toml"], ["xxx.toml", "too long"]),
    "a world file that is not TOML": (
        lambda b: ["world", "check", b.write("w.toml", "name =\n")],
        ["w.toml", "line 1"],
    ),
    "an unknown key": (lambda b: ["world", "check", b.world(toml=("cell_m", "cel_m"))], ["small.toml", "cel_m"]),
    "a number that is none": (lambda b: ["world", "check", b.world(toml=("1.5", "nan"))], ["small.toml", "cell_m"]),
    "a service time below zero": (
        lambda b: ["world", "check", b.world(toml=("service_s = 6.0", "service_s = -6.0"))],
        ["small.toml", "service_s", "-6"],
    ),
    "a robot that weighs nothing": (
        lambda b: ["world", "check", b.world(toml=("totes = 2", "payload_kg = 0"))],
        ["small.toml", "payload_kg", "greater than zero"],
    ),
    "a dock on an obstacle": (
        lambda b: ["world", "check", b.world(toml=("[7, 3]", "[0, 0]"))],
        ["small.toml", "Pick 1", "obstacle"],
    ),
    "more robots than places": (
        lambda b: ["world", "check", b.world(toml=("default_robots = 2", "default_robots = 99"))],
        ["small.toml", "default_robots", "99"],
    ),
    "a map file that is missing": (
        lambda b: ["world", "check", b.world(toml=("small.map", "gone.map"))],
        ["gone.map"],
    ),
    "a row that is too short": (
        lambda b: ["world", "check", b.world(map_text=("@..TST...@", "@..TST..@"))],
        ["small.map, line 7", "9", "10"],
    ),
    "a symbol without a meaning": (
        lambda b: ["world", "check", b.world(map_text=("@..TST...@", "@..TST..x@"))],
        ["small.map", "line 7", "x"],
    ),
    "a place that is cut off": (
        lambda b: ["world", "check", b.world(map_text=("@..TST...@\n@P.TST.E.@", "@..TST.@.@\n@P.TST@E@@"))],
        ["small.map", "line"],
    ),
    "a map without a header": (lambda b: ["world", "check", b.write("m.map", "....\n")], ["m.map", "line 1"]),
    "a map that is not text": (lambda b: ["world", "check", b.write("m.map", b"\xff\xfe\x00")], ["m.map"]),
    "a floor without chutes": (
        lambda b: ["run", b.write("m.map", "type octile\nheight 1\nwidth 3\nmap\nS.S\n"), *b.run()[2:]],
        ["m.map", "no chute"],
    ),
    "a picture of a floor in no folder": (
        lambda b: ["world", "show", "tiny", "--png", str(b.folder / "no" / "a.png")],
        ["a.png", "cannot be written", "another file"],
    ),
    "a picture of a floor of an unknown kind": (
        lambda b: ["world", "show", "tiny", "--png", str(b.folder / "a.txt")],
        ["a.txt", "no picture file", ".png"],
    ),
    "a generator parameter out of range": (
        lambda b: ["world", "new", "sortation", "--chute-rows", "0", "--out", str(b.folder)],
        ["chute", "1 or more"],
    ),
    # League instances
    "an instance that is not JSON": (lambda b: b.spoiled_league("small.json", "{"), ["small.json"]),
    "an instance without agents": (lambda b: b.league(agentFile="gone.agents"), ["gone.agents"]),
    "more agents wanted than listed": (lambda b: b.league(teamSize=9), ["small.agents", "9"]),
    "a team size that is a word": (lambda b: b.league(teamSize="two"), ["small.json", "teamSize"]),
    "an instance key that is missing": (lambda b: b.league(taskFile=None), ["small.json", "taskFile"]),
    "a task off the map": (lambda b: b.spoiled_league("small.tasks", "2\n0\n99\n"), ["small.tasks", "line 3", "99"]),
    "an agent that is a word": (lambda b: b.spoiled_league("small.agents", "2\n0\nx\n"), ["small.agents", "line 3"]),
    "an agent on another": (lambda b: b.spoiled_league("small.agents", "2\n4\n4\n"), ["small.agents", "line 3", "4"]),
    "an agent on an obstacle": (
        lambda b: b.spoiled_league("small.map", "type octile\nheight 2\nwidth 3\nmap\n...\n.@.\n"),
        ["small.agents", "line 3", "obstacle", "small.map, line 6, column 2"],
    ),
    "more steps than anybody can keep": (lambda b: [*b.league(), "--steps", "99999999999"], ["--steps", "1000000"]),
    "steps below one": (lambda b: [*b.league()[:2], "--steps", "0", "--out", str(b.folder / "r.json")], ["steps", "0"]),
    "a result that cannot be written": (
        lambda b: [*b.league()[:4], "--out", str(b.folder / "no" / "r.json")],
        ["r.json", "folder"],
    ),
    # Orders
    "an order file that does not exist": (lambda b: b.run("--orders", "gone.csv"), ["gone.csv"]),
    "an order source that is none": (lambda b: b.run("--orders", "orders.xls"), ["--orders", "orders.xls", ".csv"]),
    "a column that is missing": (lambda b: b.orders("quantity,", ""), ["orders.csv", "line 1", "quantity"]),
    "a quantity below one": (lambda b: b.orders("b,1", "b,0"), ["orders.csv", "line 3", "quantity"]),
    "a weight that is a word": (lambda b: b.orders(",10,5\nb", ",10,heavy\nb"), ["orders.csv", "line 2", "weight_g"]),
    "a row that is too long": (lambda b: b.orders("b,1", "b,1,1"), ["orders.csv", "line 3"]),
    "an order without a name": (lambda b: b.orders("b,1", ",1"), ["orders.csv", "line 3", "order_id"]),
    "an order file without orders": (lambda b: b.run("--orders", b.write("o.csv", "")), ["o.csv"]),
    "an order line that is not JSON": (lambda b: b.jsonl('{"id": '), ["orders.jsonl", "line 1"]),
    "an order that comes twice": (
        lambda b: b.jsonl("\n".join([JSON_ORDER, JSON_ORDER])),
        ["orders.jsonl", "line 2", "'a'", "its own id"],
    ),
    "a weight that is not a number": (
        lambda b: b.jsonl(JSON_ORDER.replace('"weight_g": 5', '"weight_g": NaN')),
        ["orders.jsonl", "line 1", "not JSON"],
    ),
    "a destination that the world does not have": (
        lambda b: b.jsonl(JSON_ORDER.replace('"id"', '"destination": "Moon", "id"')),
        ["orders.jsonl", "line 1", "Moon", "D1, D2"],
    ),
    "an order that is due before it is released": (
        lambda b: b.jsonl(JSON_ORDER.replace('"id"', '"release_s": 9, "due_s": 5, "id"')),
        ["orders.jsonl", "line 1", "due_s", "before its release"],
    ),
    "an order file without a name": (lambda b: b.run("--orders", ""), ["--orders", "empty"]),
    "an order key that is unknown": (
        lambda b: b.jsonl('{"id": "a", "lines": [], "x": 1}'),
        ["orders.jsonl", "line 1", "x"],
    ),
    "a rate below zero": (lambda b: b.run("--orders", "poisson:-5"), ["--orders", "poisson:-5", "orders an hour"]),
    "an arrival profile that is unknown": (lambda b: b.run("--orders", "poisson:5:rush"), ["rush", "flat|daily|peak"]),
    "rejects without a folder": (
        lambda b: [*b.orders(), "--rejects", str(b.folder / "no" / "r.jsonl")],
        ["--rejects", "folder"],
    ),
    # Options
    "no robots": (lambda b: b.run("--robots", "0"), ["--robots", "greater than or equal to 1"]),
    "more robots than the floor has places": (lambda b: b.run("--robots", "5000"), ["--robots", "5000", "at most"]),
    "a duration that is none": (lambda b: b.run("--for", "soon"), ["--for", "soon", "30m"]),
    "a duration of nothing": (lambda b: b.run("--for", "0s"), ["--for", "0", "more than 0 s"]),
    "a duration beyond all memory": (lambda b: b.run("--for", "99999999h"), ["--for", "at most 30 days"]),
    "a seed below zero": (lambda b: b.run("--seed", "-1"), ["seed", "-1"]),
    "a planner that is unknown": (lambda b: b.run("--planner", "epibtt"), ["--planner", "epibtt", "epibt"]),
    "an assigner that is unknown": (
        lambda b: b.run("--assigner", "best"),
        ["--assigner", "best", "matching or greedy"],
    ),
    "an option that is unknown": (lambda b: b.run("--robot", "3"), ["--robot"]),
    "a command that is unknown": (lambda b: ["drive"], ["drive"]),
    "an output folder that is a file": (
        lambda b: ["run", "tiny", "--for", "10s", "--out", b.write("runs", "")],
        ["runs", "another folder"],
    ),
    "a setting that is unknown": (lambda b: b.config('wrld = "tiny"\n'), ["config.toml", "wrld", "world"]),
    "a setting of the wrong type": (
        lambda b: b.config('world = "tiny"\nseed = "one"\n'),
        ["config.toml", "seed", "int"],
    ),
    "a setting out of range": (
        lambda b: b.config('world = "tiny"\n[charging]\nlow_percent = 200.0\n'),
        ["config.toml", "low_percent", "200"],
    ),
    "settings that are not TOML": (lambda b: b.config("seed = = 1\n"), ["config.toml", "line 1"]),
    "settings that are not there": (
        lambda b: [*b.run(), "--config", str(b.folder / "none.toml")],
        ["none.toml", "No such file", "config.toml"],
    ),
    "settings nested without end": (lambda b: b.config("seed = " + "[" * 5000), ["config.toml", "recursion"]),
    "a setting of a thousand digits": (
        lambda b: b.config(f"duration_s = 1{'0' * 1000}\n"),
        ["config.toml", "duration_s", "at most 30 days"],
    ),
    "settings that name a world with a NUL": (
        lambda b: b.config('world = "a\\u0000.toml"\n'),
        ["no world of this name", "future_park, tiny"],
    ),
    # Guidance and its tuning
    "a guidance that is unknown": (lambda b: b.run("--guidance", "lanes"), ["--guidance", "lanes", "auto, none"]),
    "a guidance file that is not there": (
        lambda b: b.run("--guidance", str(b.folder / "gone.toml")),
        ["gone.toml", "no such guidance file"],
    ),
    "a guidance file that is not TOML": (
        lambda b: b.run("--guidance", b.write("g.toml", "lanes = = 1\n")),
        ["g.toml", "line 1", "is not TOML"],
    ),
    "a guidance file without guidance": (
        lambda b: b.run("--guidance", b.write("g.toml", "")),
        ["g.toml", "no table [guidance]", "futurepark tune"],
    ),
    "guidance with an unknown key": (
        lambda b: b.run("--guidance", b.write("g.toml", '[guidance]\nlane = "none"\n')),
        ["g.toml, line 2", "guidance.lane", "did you mean lanes?"],
    ),
    "guidance with a weight of nothing": (
        lambda b: b.run("--guidance", b.write("g.toml", "[guidance]\nalong = 0\n")),
        ["g.toml, line 2", "guidance.along is 0", "1 to 255"],
    ),
    "a world with bad guidance": (
        lambda b: ["world", "check", b.world(toml=("[slotting]", '[guidance]\nrows = "<>v"\n[slotting]'))],
        ["small.toml, line", "guidance.rows", "> < ."],
    ),
    "tuning without robots": (
        lambda b: ["tune", b.write("m.map", "type octile\nheight 1\nwidth 3\nmap\nS.E\n")],
        ["--robots", "is missing", "m.map"],
    ),
    "tuning with too many robots": (lambda b: b.tune("--robots", "99"), ["--robots", "99", "at most"]),
    "tuning with orders that end": (
        lambda b: b.tune("--orders", b.write("orders.csv", ORDERS)),
        ["--orders", "poisson:RATE"],
    ),
    "tuning a bare map with orders": (
        lambda b: [
            "tune",
            b.write("m.map", "type octile\nheight 1\nwidth 3\nmap\nS.E\n"),
            *("--robots", "1", "--orders", "poisson:9"),
        ],
        ["--orders", "bare map", "leave --orders out"],
    ),
    # The digital twin
    "a driver that is unknown": (lambda b: b.run("--driver", "bullet"), ["--driver", "'bullet'", "kinematic or twin"]),
    "robots with physics in step": (
        lambda b: b.twin("--execution", "ideal"),
        ["--driver", "'twin'", "execution grants"],
    ),
    "a robot model for robots on rails": (
        lambda b: b.run("--robot-model", "robot.toml"),
        ["--robot-model", "robot.toml", "driver twin"],
    ),
    "a robot model that is missing": (lambda b: b.twin("--robot-model", "gone.toml"), ["gone.toml"]),
    "a robot model with an unknown key": (
        lambda b: b.twin("--robot-model", b.write("robot.toml", "[body]\nmas_kg = 9\n")),
        ["robot.toml", "mas_kg"],
    ),
    "a robot that cannot turn in its cell": (
        lambda b: b.twin("--robot-model", b.write("robot.toml", "[robot]\nlength_m = 0.9\n")),
        ["robot.toml", "cannot turn", "0.9 m", "cell_m is 1.0", "fit tiny"],
    ),
    "a recording of a run in step": (
        lambda b: b.run("--record", str(b.folder / "a.trace")),
        ["--record", "execution ideal", "--execution grants"],
    ),
    "a recording in no folder": (
        lambda b: b.run("--driver", "kinematic", "--record", str(b.folder / "no" / "a.trace")),
        ["a.trace", "cannot be written", "another file"],
    ),
    "a recording of a run whose actions are missing": (
        lambda b: b.twin("--actions", str(b.folder / "gone.jsonl")),
        ["gone.jsonl"],
    ),
    "a picture by a camera that there is not": (
        lambda b: b.twin("--camera", "overvew", "--png", str(b.folder / "a.png")),
        ["--camera", "overvew", "did you mean 'overview'"],
    ),
    "a camera without a picture": (lambda b: b.twin("--camera", "overview"), ["--camera", "--png, --film or --gui"]),
    "a picture of a robot that there is not": (
        lambda b: b.twin("--robots", "2", "--camera", "robot:2", "--png", str(b.folder / "a.png")),
        ["--camera", "robot:2", "robot:1"],
    ),
    "a picture of the end that is no PNG": (
        lambda b: b.twin("--png", str(b.folder / "a.jpg")),
        ["a.jpg", "ends in .png"],
    ),
    "a picture of the end in no folder": (
        lambda b: b.twin("--png", str(b.folder / "no" / "end.png")),
        ["end.png", "no such folder"],
    ),
    "a film of an unknown kind": (lambda b: b.twin("--film", str(b.folder / "a.mp4")), ["a.mp4", ".webp or .gif"]),
    "a film in no folder": (
        lambda b: b.twin("--film", str(b.folder / "no" / "a.gif")),
        ["a.gif", "no such folder"],
    ),
    "a film that stands still": (
        lambda b: b.twin("--film", str(b.folder / "a.gif"), "--film-speed", "0"),
        ["--film-speed", "greater than zero"],
    ),
    "the speed of no film": (lambda b: b.twin("--film-speed", "4"), ["--film-speed", "is 4", "--film"]),
    "robots in Bullet on rails": (
        lambda b: b.run("--driver", "kinematic", "--bullet", "1"),
        ["--bullet", "bodies", "--driver twin"],
    ),
    "robots in Bullet that there are not": (
        lambda b: b.run("--driver", "twin", "--robots", "2", "--bullet", "1,2"),
        ["--bullet", "no robot 2", "0 to 1"],
    ),
    "robots in Bullet near nothing": (
        lambda b: b.run("--driver", "twin", "--bullet", "near:Pick 99"),
        ["--bullet", "'Pick 99'", "stations are"],
    ),
    "a recording of robots in Bullet": (lambda b: b.twin("--bullet", "1"), ["--record", "Bullet", "leave out"]),
    "tuning for no time": (lambda b: b.tune("--for", "1s"), ["--steps", "8 or more"]),
    "tuning with a population of two": (lambda b: b.tune("--population", "2"), ["--population", "4 or more"]),
    "tuning on something that is no Ray": (lambda b: b.tune("--on", "spark://a:1"), ["--on", "ray://HOST:PORT"]),
    "tuning into no folder": (
        lambda b: ["tune", "tiny", "--processes", "1", "--out", str(b.folder / "no" / "g.toml")],
        ["g.toml", "cannot be written"],
    ),
    "resuming what was never begun": (lambda b: b.tune("--resume"), ["g.toml.state.json", "no such state"]),
    "a search that was begun already": (
        lambda b: (b.write("g.toml.state.json", "{}"), b.tune())[1],
        ["g.toml.state.json", "--resume"],
    ),
    "a state that is damaged": (
        lambda b: (b.write("g.toml.state.json", "{"), b.tune("--resume"))[1],
        ["g.toml.state.json", "is damaged"],
    ),
    "a benchmark that is unknown": (lambda b: ["bench", "speed"], ["speed", "simulation"]),
    # Run directories
    "a run that does not exist": (lambda b: ["heatmap", str(b.folder / "gone")], ["gone"]),
    "a run without a summary": (lambda b: b.spoiled_run("summary.json", None), ["summary.json"]),
    "a summary that breaks off": (lambda b: b.spoiled_run("summary.json", '{"format": 1,'), ["summary.json"]),
    "a trace that is damaged": (lambda b: b.spoiled_run("trace.npz", b"PK\x03\x04nonsense"), ["trace.npz"]),
    "a run of a later version": (lambda b: b.spoiled_run("summary.json", '{"format": 99}'), ["summary.json", "99"]),
    "a metric that is unknown": (
        lambda b: ["heatmap", str(b.finished_run()), "--metric", "wait"],
        ["--metric", "wait", "waits"],
    ),
    "a window after the end": (
        lambda b: ["heatmap", str(b.finished_run()), "--window", "1h:2h"],
        ["--window", "10"],
    ),
    "a window that is none": (lambda b: ["heatmap", str(b.finished_run()), "--window", "5m"], ["--window", "FROM:TO"]),
    "a window that ends before it begins": (
        lambda b: ["heatmap", str(b.finished_run()), "--window", "8:2"],
        ["--window", "8:2", "earlier time first"],
    ),
    "a run whose settings are gone": (lambda b: b.spoiled_run("config.toml", None), ["config.toml", "is missing"]),
    "a run of a world that is gone": (
        lambda b: b.spoiled_run("config.toml", 'world = "gone.toml"\n'),
        ["gone.toml", "no such world file"],
    ),
    "a run of another world": (
        lambda b: b.spoiled_run("config.toml", 'world = "future_park"\n'),
        ["trace.npz", "future_park", "100 x 151"],
    ),
    "a picture of an unknown kind": (
        lambda b: ["heatmap", str(b.finished_run()), "--out", str(b.folder / "map.doc")],
        ["map.doc", ".png"],
    ),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    assert main(["run", "tiny", "--robots", "2", "--for", "10s", "--out", str(folder)]) == 0
    return next(folder.glob("tiny-*"))


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_words(
    case: str, tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    make, words = CASES[case]
    command = make(Bench(tmp_path, finished))
    before = sorted(tmp_path.rglob("*"))
    capsys.readouterr()
    code = main(command)
    told = capsys.readouterr()
    said = told.err + told.out
    assert code == 2, said
    assert "Traceback" not in said
    if command[:2] != ["world", "check"]:
        assert told.out == ""
    for word in words:
        assert word in said
    assert sorted(tmp_path.rglob("*")) == before


def test_there_are_many_kinds() -> None:
    assert len(CASES) >= 24
    assert len({str(words) for _, words in CASES.values()}) >= 24


def test_what_the_cases_spoil_is_sound(tmp_path: Path, finished: Path) -> None:
    bench = Bench(tmp_path, finished)
    assert main(["world", "check", bench.world()]) == 0
    assert main(bench.orders()) == 0
    assert main(bench.league()) == 0
    assert main(bench.config('world = "tiny"\nrobots = 2\n')) == 0
    assert main(["heatmap", str(finished), "--metric", "waits", "--out", str(tmp_path / "map.png")]) == 0
    shutil.rmtree(tmp_path / "runs")
