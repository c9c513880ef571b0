"""The settings of a run: what `config.toml` in a run directory holds, and all that is needed to repeat the run."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any, Final, TypeVar

from fleet.assignment.assigner import AssignmentParams
from fleet.assignment.charging_params import ChargingParams
from fleet.errors import SettingError
from fleet.runtime.keeping.params import CageParams, RefillParams
from fleet.traffic.params import GrantParams, WatchParams

_Params = TypeVar("_Params")

# A trace takes memory for every step; longer than this is a slip of the pen.
_LONGEST_S: Final = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class FloorParams:
    """How imperfect the simulated floor is, with `execution = "grants"`.

    message_loss  chance that a message between controller and robot is lost, each way
    dead_share    share of the robots that break down for good, spread evenly over the first half of the run
    faults        a file of faults (.jsonl), empty for none
    """

    message_loss: float = 0.001
    dead_share: float = 0.0
    faults: str = ""

    def __post_init__(self) -> None:
        _demand("message_loss", self.message_loss, 0 <= self.message_loss < 1, "use 0 or more, less than 1")
        _demand("dead_share", self.dead_share, 0 <= self.dead_share < 1, "use 0 or more, less than 1")
        _demand("faults", repr(self.faults), "\0" not in self.faults, "name a file")


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One run. `robots` of 0 means as many as the world's default; `orders` empty means the shipped order lines.

    assigner             matching (minimum cost) or greedy (tasks in order of urgency, each to the nearest robot)
    seed                 of arrivals, generated orders and whatever else is random
    duration_s           simulated seconds
    initial_charge_percent  lowest battery charge at the start; robots start between it and 100, evenly spread
    distance_memory_mb   bound on the memory of distance fields
    guidance             what moves cost: auto (the world's own rules), none, or a guidance file (.toml)
    services             seconds of picks and drops: fixed (the world's), measured (drawn from the service times beside
                         the world file), or a file of service times (.toml)
    execution            ideal (synchronous steps) or grants (continuous robots that are driven by grants)
    driver               with execution grants: kinematic (robots on rails) or twin (robots with physics)
    robot_model          a robot model file (.toml) instead of the world's own robots, empty for none; needs driver twin
    cells                stations and chutes whose services work cells do, with commas between; empty for none; needs
                         execution grants
    sensors              whether bins, roll cages and chutes are seen by sensors alone, and run out, full and jam
    stock, cages         what is done about what sensors say of bins and roll cages
    actions              a file of operator actions on zones (.jsonl), empty for none; needs execution grants
    """

    world: str = "future_park"
    robots: int = 0
    duration_s: float = 1800.0
    orders: str = ""
    seed: int = 1
    planner: str = "epibt"
    assigner: str = "matching"
    audit: bool = False
    initial_charge_percent: float = 60.0
    distance_memory_mb: int = 4096
    guidance: str = "auto"
    services: str = "fixed"
    execution: str = "ideal"
    driver: str = "kinematic"
    robot_model: str = ""
    cells: str = ""
    sensors: bool = False
    actions: str = ""
    assignment: AssignmentParams = field(default_factory=AssignmentParams)
    charging: ChargingParams = field(default_factory=ChargingParams)
    grants: GrantParams = field(default_factory=GrantParams)
    watch: WatchParams = field(default_factory=WatchParams)
    floor: FloorParams = field(default_factory=FloorParams)
    stock: RefillParams = field(default_factory=RefillParams)
    cages: CageParams = field(default_factory=CageParams)

    def __post_init__(self) -> None:
        _demand("robots", self.robots, self.robots >= 0, "use 1 or more, or leave it out for the world's default")
        _demand("duration_s", self.duration_s, 0 < self.duration_s <= _LONGEST_S, "use more than 0 s, at most 30 days")
        _demand("seed", self.seed, 0 <= self.seed < 2**63, "use a whole number from 0 to 2^63 - 1")
        _demand("distance_memory_mb", self.distance_memory_mb, self.distance_memory_mb > 0, "use 1 or more")
        for name, words, what in (
            ("guidance", ("auto", "none"), "a guidance file (.toml)"),
            ("services", ("fixed", "measured"), "a file of service times (.toml)"),
        ):
            chosen = getattr(self, name)
            is_file = chosen.endswith(".toml") and "\0" not in chosen
            _demand(name, repr(chosen), chosen in words or is_file, f"use {', '.join(words)} or {what}")
        known = self.execution in {"ideal", "grants"}
        _demand("execution", repr(self.execution), known, "use ideal or grants")
        on_grants = self.execution == "grants"
        _demand("driver", repr(self.driver), self.driver in {"kinematic", "twin"}, "use kinematic or twin")
        is_twin = self.driver == "twin"
        _demand("driver", repr(self.driver), on_grants or not is_twin, "use execution grants with it")
        _demand("robot_model", repr(self.robot_model), is_twin or not self.robot_model, "use driver twin with it")
        _demand("actions", repr(self.actions), on_grants or not self.actions, "use execution grants with it")
        _demand("cells", repr(self.cells), on_grants or not self.cells, "use execution grants with it")
        for name, file in (("robot_model", self.robot_model), ("actions", self.actions)):
            _demand(name, repr(file), "\0" not in file, "name a file")
        imperfect = self.floor != FloorParams()
        _demand("floor", self.floor, on_grants or not imperfect, "use execution grants with it")
        percent = self.initial_charge_percent
        _demand("initial_charge_percent", percent, 0 <= percent <= 100, "use 0 to 100")


def read_config(path: Path) -> RunConfig:
    """Read the settings of a run from a TOML file, or from the `config.toml` in a run directory.

    Keys that are left out take their defaults. Raises SettingError on a missing or malformed file, an unknown key, a
    wrong type or a value out of range. The table `[run]` is what a finished run adds about itself; it is passed over.
    """
    file = path / "config.toml" if path.is_dir() else path
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # bytes that are no text, no TOML, or no usable TOML
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingError(str(file), f"cannot be read: {reason}", "give a run directory or a config.toml") from error
    table.pop("run", None)
    return _from_table(RunConfig, table, str(file))


def config_table(config: RunConfig) -> dict[str, Any]:
    """Return the settings as a TOML table that `read_config` reads back as the same settings."""
    return asdict(config)


def _from_table(kind: type[_Params], table: dict[str, Any], where: str) -> _Params:
    default: Any = kind()
    known = [entry.name for entry in fields(default)]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(known)}"
            raise SettingError(f"{where}, key {key}", "unknown key", hint)
        current = getattr(default, key)
        if is_dataclass(current) and isinstance(value, dict):
            values[key] = _from_table(type(current), value, f"{where}, table {key}")
        elif isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
            values[key] = _float(value)
        elif type(value) is type(current):
            values[key] = value
        else:
            wanted = "a table" if is_dataclass(current) else f"a value of type {type(current).__name__}"
            raise SettingError(f"{where}, key {key}", f"is {value!r}", f"give {wanted}")
    try:
        return kind(**values)
    except SettingError as error:
        raise SettingError(f"{where}, key {error.where}", error.problem, error.remedy) from error


def _float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf


def _demand(name: str, value: object, holds: bool, remedy: str) -> None:
    if not holds:
        raise SettingError(name, f"is {value}", remedy)
