"""What a search has found so far, on disk: enough to go on after a crash to the very same result.

The optimiser itself is not stored. It is deterministic: told the figures of the generations again, it is where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fleet.app.tuning.settings import TuneSettings
from fleet.errors import SettingError
from fleet.text_file import read_text, replace_text

if TYPE_CHECKING:
    from pathlib import Path

_AGAIN = "remove the file to begin anew, or give another --out"


class TuneState(msgspec.Struct, forbid_unknown_fields=True):
    """All figures found so far, tasks a step.

    world, floor  name of the world, digest of its floor
    settings      what the search was asked for
    screening     throughput of the rules to begin from, by name; empty before that
    generations   throughput of the candidates of each generation, in their order
    """

    world: str
    floor: str
    settings: TuneSettings
    screening: dict[str, float] = {}
    generations: list[list[float]] = []


def state_path(out: Path) -> Path:
    """Return where the state of a search lies that writes its rules to `out`."""
    return out.with_name(f"{out.name}.state.json")


def write_state(path: Path, state: TuneState) -> None:
    """Write the state whole or not at all; raises SettingError if it cannot be written."""
    text = msgspec.json.format(msgspec.json.encode(state), indent=1).decode()
    replace_text(path, text + "\n", SettingError)


def begin_state(path: Path, fresh: TuneState, *, resume: bool) -> TuneState:
    """Return the state to go on from: that in the file, or a fresh one if there is none.

    Raises SettingError if there is a file without `resume`, none with it, or one of another search.
    """
    if not resume:
        if path.exists():
            remedy = f"add --resume to go on with it, or {_AGAIN}"
            raise SettingError(str(path), "holds a search that was begun earlier", remedy)
        return fresh
    text = read_text(path, SettingError, "state of a search to resume")
    try:
        state = msgspec.json.decode(text, type=TuneState)
    except (msgspec.DecodeError, RecursionError) as damage:
        raise SettingError(str(path), f"is damaged: {damage}", _AGAIN) from None
    _compare(path, fresh, state)
    return state


def _compare(path: Path, fresh: TuneState, state: TuneState) -> None:
    """Refuse to go on with figures that were found for something else."""
    if (state.world, state.floor) != (fresh.world, fresh.floor):
        raise SettingError(str(path), f"is of another floor, of {state.world}", _AGAIN)
    for name in msgspec.structs.fields(TuneSettings):
        was, now = getattr(state.settings, name.name), getattr(fresh.settings, name.name)
        # More or fewer generations are no other search.
        if was != now and name.name != "generations":
            remedy = f"resume with the same settings, or {_AGAIN}"
            raise SettingError(str(path), f"is of a search with {name.name} {was}, not {now}", remedy)
    wrong = [number for number, figures in enumerate(state.generations, 1) if len(figures) != state.settings.population]
    if wrong:
        raise SettingError(str(path), f"has a generation {wrong[0]} of another size than the population", _AGAIN)
