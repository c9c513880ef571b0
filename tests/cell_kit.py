"""What every StationCell must do: a kit of checks, each a function of a CellRig.

A test runs them all for one kind of cell:

    @pytest.mark.parametrize("check", cell_kit.CHECKS, ids=lambda check: check.__name__)
    def test_conforms(check):
        check(CellRig(make=new_cell, parcels=new_parcels))
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from robots.errors import InputError
from twin.cells.parcel import Parcel
from twin.cells.station_cell import LineState, StationCell, Whereabouts

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class CellRig:
    """How to make a cell for a seed, and parcels (random, first id, how many) that it takes.

    batch, wanted   how many parcels come in at once, and how many are asked for in a visit, at most
    visits, slices  how long the random life of a cell is: visits, and pieces of time in each at most
    slice_steps     steps in a piece of time at most
    feeds_ahead     whether parcels may come before a visit, and be asked for before they come
    most_steps      in which any visit of `wanted` parcels is over
    """

    make: Callable[[int], StationCell]
    parcels: Callable[[Random, int, int], list[Parcel]]
    batch: int = 4
    wanted: int = 3
    visits: int = 2
    slices: int = 12
    slice_steps: int = 400
    feeds_ahead: bool = True
    most_steps: int = 60_000


@dataclass
class Life:
    """A cell and what was done to it, by a seeded source of calls. `log` has what was to be seen after every call."""

    rig: CellRig
    cell: StationCell
    random: Random
    fed: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    log: list[tuple[object, ...]] = field(default_factory=list)

    def feed(self, number: int | None = None) -> None:
        """Let a random batch come in; one that does not fit is refused and changes nothing."""
        number = self.random.randint(1, self.rig.batch) if number is None else number
        parcels = self.rig.parcels(self.random, len(self.fed), number)
        before = self.cell.whereabouts()
        try:
            self.cell.feed(parcels)
        except InputError:
            assert self.cell.whereabouts() == before, "a batch that was refused came in, in part"
        else:
            self.fed += [parcel.id for parcel in parcels]
        self.look("feed")

    def begin(self, *, ahead: bool = False) -> None:
        """Ask for some of the parcels that are there; `ahead` for some that are to come, too."""
        there = [parcel for parcel in self.fed if parcel not in self.gone]
        wanted = self.random.sample(there, min(len(there), self.random.randint(1, self.rig.wanted)))
        if ahead and self.rig.feeds_ahead:
            wanted.append(len(self.fed))
        self.cell.begin(wanted)
        self.asked = wanted
        self.look("begin")

    def finish(self) -> None:
        """Let time pass, and what was asked for come in, until the robot leaves."""
        for _ in range(self.rig.most_steps // 200):
            if self.cell.finished:
                break
            if any(parcel >= len(self.fed) for parcel in self.asked):
                self.feed(1)
            self.advance(200)
        assert self.cell.finished, f"not finished after {self.rig.most_steps} steps: {self.cell.state.name}"
        taken = self.cell.leave()
        assert set(taken) <= set(self.fed) - set(self.gone), "something left that was not there"
        assert len(set(taken)) == len(taken), "something left twice"
        self.gone += taken
        self.look("leave")

    def advance(self, steps: int) -> None:
        """Let time pass."""
        before = self.cell.steps
        self.cell.advance(steps)
        assert self.cell.steps == before + steps
        self.look("advance")

    def look(self, after: str) -> None:
        """Log what is to be seen, and count all units."""
        found = self.cell.whereabouts()
        self.log.append((after, self.cell.steps, self.cell.busy, self.cell.finished, self.cell.state, found))
        assert isinstance(self.cell.state, LineState)
        assert found.came_in == len(self.fed), f"{after}: {found}, and {len(self.fed)} came in"
        assert found.gone == len(self.gone), f"{after}: {found}, and {len(self.gone)} left"
        assert _sum(found) == found.came_in, f"{after}: {found} does not add up"

    def live(self, visits: int) -> None:
        """Visits with random calls between them."""
        for visit in range(visits):
            if self.rig.feeds_ahead or not self.fed or not set(self.fed) - set(self.gone):
                self.feed()
            self.begin(ahead=visit % 2 == 1)
            for _ in range(self.random.randint(1, self.rig.slices)):
                if self.rig.feeds_ahead and self.random.random() < 0.2:
                    self.feed(1)
                self.advance(self.random.randint(1, self.rig.slice_steps))
            self.finish()


def units_are_conserved(rig: CellRig) -> None:
    """At every moment every unit that came in is at one place; what leaves was there. `Life.look` counts."""
    with closing(rig.make(3)) as cell:
        life = Life(rig, cell, Random(3))
        life.look("make")
        life.live(rig.visits)
        assert any(entry[2] for entry in life.log), "it was never busy"


def same_seed_same_life(rig: CellRig) -> None:
    """The same seed and calls give the same states, to the last bit."""
    lives = [_lived(rig, 5) for _ in range(2)]
    assert lives[0] == lives[1]


def goes_on_from_a_checkpoint(rig: CellRig) -> None:
    """A fresh cell, and the cell itself, go on from a checkpoint as if nothing had been; taking it changes nothing."""
    with closing(rig.make(7)) as cell, closing(rig.make(7)) as fresh:
        life = Life(rig, cell, Random(7))
        life.feed(rig.batch)
        life.begin()
        source = Random(8)
        for _ in range(4):
            cell.advance(source.randint(1, 700))
            steps = source.randint(300, 900)
            checkpoint = cell.checkpoint()
            assert cell.checkpoint() == checkpoint
            cell.advance(steps)
            expected = _seen(cell)
            fresh.resume(checkpoint)
            fresh.advance(steps)
            assert _seen(fresh) == expected, "a fresh cell goes on in another way"
            cell.resume(checkpoint)
            for _ in range(steps):
                cell.advance(1)
            assert _seen(cell) == expected, "the cell itself goes on in another way"


def checkpoints_change_nothing(rig: CellRig) -> None:
    """A life in which checkpoints are taken is the same as one without."""
    with closing(rig.make(5)) as cell:
        life = Life(rig, cell, Random(5))
        real = cell.advance

        def advance(steps: int) -> None:
            cell.checkpoint()
            real(steps)
            cell.checkpoint()

        cell.advance = advance  # type: ignore[method-assign]
        life.live(rig.visits)
        assert (life.log, cell.checkpoint()) == _lived(rig, 5)


def goes_on_after_visits(rig: CellRig) -> None:
    """A checkpoint after visits, when bodies have come and gone, is as good as one before."""
    with closing(rig.make(9)) as cell, closing(rig.make(9)) as fresh:
        life = Life(rig, cell, Random(9))
        life.live(1)
        checkpoint = cell.checkpoint()
        copy = Life(rig, fresh, Random(0), list(life.fed), [], list(life.gone))
        copy.random.setstate(life.random.getstate())
        fresh.resume(checkpoint)
        assert fresh.checkpoint() == checkpoint
        life.log.clear()
        life.live(1)
        copy.live(1)
        assert copy.log == life.log
        assert fresh.checkpoint() == cell.checkpoint()


def idle_cells_stay_as_they_are(rig: CellRig) -> None:
    """Time that passes for an idle cell changes nothing that it does later."""
    logs = []
    for idle in (0, 5000):
        with closing(rig.make(11)) as cell:
            life = Life(rig, cell, Random(11))
            assert not cell.busy
            cell.advance(idle)
            life.live(1)
            for _ in range(rig.most_steps // 100):
                if not cell.busy:
                    break
                life.advance(100)
            assert not cell.busy, "it never comes to rest after a visit"
            found = cell.whereabouts(), cell.state
            cell.advance(idle)
            assert (cell.whereabouts(), cell.state) == found
            life.live(1)
            logs.append([entry[:1] + entry[2:] for entry in life.log])
    assert logs[0] == logs[1]


def refuses_what_cannot_be(rig: CellRig) -> None:
    """Calls that make no sense are refused, and change nothing."""
    with closing(rig.make(13)) as cell:
        with pytest.raises(InputError):
            cell.leave()
        life = Life(rig, cell, Random(13))
        life.feed(2)
        parcels = rig.parcels(Random(13), 0, 1)
        with pytest.raises(InputError):
            cell.feed(parcels)  # it is there already
        life.begin()
        with pytest.raises(InputError):
            cell.begin([0])
        assert not cell.finished
        with pytest.raises(InputError):
            cell.leave()
        life.look("refusals")
        life.finish()
        with pytest.raises(InputError):
            cell.leave()
        with pytest.raises(InputError):
            cell.resume(b"no checkpoint")


def closes_twice(rig: CellRig) -> None:
    """`close` may be called twice, and another cell of the same process goes on."""
    with closing(rig.make(1)) as other:
        cell = rig.make(1)
        cell.close()
        cell.close()
        Life(rig, other, Random(1)).live(1)


CHECKS: Sequence[Callable[[CellRig], None]] = (
    units_are_conserved,
    same_seed_same_life,
    goes_on_from_a_checkpoint,
    checkpoints_change_nothing,
    goes_on_after_visits,
    idle_cells_stay_as_they_are,
    refuses_what_cannot_be,
    closes_twice,
)


def resumed_elsewhere(make: str, seed: int, checkpoint: bytes, steps: int) -> bytes:
    """Return the checkpoint of a cell that resumed in a process of its own, `steps` later; make: "module:function"."""
    module, name = make.split(":")
    with TemporaryDirectory() as folder:  # Bullet prints to where it likes
        path = Path(folder) / "checkpoint"
        path.write_bytes(checkpoint)
        program = (
            f"from pathlib import Path; from {module} import {name} as make\n"
            f"path = Path({str(path)!r})\n"
            f"cell = make({seed}); cell.resume(path.read_bytes()); cell.advance({steps})\n"
            "path.write_bytes(cell.checkpoint())\n"
        )
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT, timeout=300)
        assert done.returncode == 0, done.stderr
        return path.read_bytes()


def _lived(rig: CellRig, seed: int) -> tuple[list[tuple[object, ...]], bytes]:
    with closing(rig.make(seed)) as cell:
        life = Life(rig, cell, Random(seed))
        life.live(rig.visits)
        return life.log, cell.checkpoint()


def _seen(cell: StationCell) -> tuple[object, ...]:
    return cell.checkpoint(), cell.whereabouts(), cell.state, cell.finished, cell.busy, cell.steps


def _sum(found: Whereabouts) -> int:
    return found.waiting + found.held + found.loaded + found.fallen + found.gone
