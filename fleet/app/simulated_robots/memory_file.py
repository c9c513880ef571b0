"""What simulated robots and their gateways know, in a file that is whole whenever the program is killed.

A new file takes the place of the old one by its name. It is not forced to the disk: what was written outlives the
program, not the machine's power.
"""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final
from zlib import crc32

import msgspec

from robots.errors import InputError
from robots.gateways.robot_base import RobotMemory

_HEAD: Final = b"futurepark robots 1\n"
_CHECK_BYTES: Final = 4


class MemoryFileError(InputError):
    """A state file is damaged, of other robots, or in use."""


class FleetMemory(msgspec.Struct, frozen=True, array_like=True):
    """What is kept.

    of      what the file is of: must be the same when it is read
    epochs  greatest epoch of a controller that each gateway has seen
    robots  of each robot
    served  services that took effect, in all
    fleet   checkpoint of the driver
    """

    of: dict[str, str]
    epochs: list[int]
    robots: list[RobotMemory]
    served: int
    fleet: bytes


_DECODER: Final = msgspec.msgpack.Decoder(FleetMemory)
_ENCODER: Final = msgspec.msgpack.Encoder()


class MemoryFile:
    """The file of one program; nobody else can use it until it is closed.

    of  what this program's robots are: name and text of each thing that must not change

    Raises MemoryFileError if another program uses it, or there is no such folder.
    """

    def __init__(self, path: Path, of: dict[str, str]) -> None:
        self._path = path
        self._new = path.with_name(f".{path.name}.new")
        self._of = of
        try:
            self._lock = path.with_name(f".{path.name}.lock").open("w")
        except OSError as error:
            raise MemoryFileError(str(path), f"cannot be written: {error.strerror}", "name another file") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise MemoryFileError(str(path), "is in use by another program", "stop that one first") from None

    def __enter__(self) -> MemoryFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.close()

    def read(self) -> FleetMemory | None:
        """Return what was written last, None if there is no file. Raises MemoryFileError if it cannot be used."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        check, body = data[len(_HEAD) :][:_CHECK_BYTES], data[len(_HEAD) + _CHECK_BYTES :]
        remedy = "take it away: the robots begin anew, and somebody has to tell the controller"
        if not data.startswith(_HEAD) or crc32(body).to_bytes(_CHECK_BYTES, "big") != check:
            raise MemoryFileError(str(self._path), "is damaged, or no state of robots", remedy)
        try:
            memory = _DECODER.decode(body)
        except msgspec.MsgspecError as failure:
            raise MemoryFileError(str(self._path), f"is of another version: {failure}", remedy) from None
        for name, text in self._of.items():
            if memory.of.get(name) != text:
                problem = f"is of {name} {memory.of.get(name)}, not {text}"
                raise MemoryFileError(str(self._path), problem, "name the file of these robots, or a new one")
        return memory

    def write(self, epochs: Sequence[int], robots: Sequence[bytes], served: int, fleet: bytes) -> None:
        """Replace what is kept; `robots` as RobotFleet.records has them. Raises OSError, and keeps the old then."""
        body = _ENCODER.encode((self._of, epochs, [msgspec.Raw(record) for record in robots], served, fleet))
        with self._new.open("wb") as file:
            file.write(_HEAD)
            file.write(crc32(body).to_bytes(_CHECK_BYTES, "big"))
            file.write(body)
        self._new.replace(self._path)
