"""Errors of the whole distribution, and those of `robots`.

FutureparkError
├── InputError             something a person or another system gave us is wrong; command line exit code 2
│   ├── RobotModelError    a robot model has an impossible value
│   ├── KeyFileError       a key file or the allow-list cannot be trusted
│   ├── (sim_worlds.errors.WorldError, fleet.errors.OrderError, ... : one for each kind of input)
├── WireError              a message from the other side of a connection is refused
└── DriverError            a driver was asked for something that its robots cannot do
"""

from __future__ import annotations

from typing import Final, Literal, get_args

WireCode = Literal[
    "frames", "tag", "size", "malformed", "ext", "deep", "nan", "bounds", "type", "unknown_kind", "version"
]  # fmt: skip
WIRE_CODES: Final[tuple[str, ...]] = get_args(WireCode)


class FutureparkError(Exception):
    """Base of every error that this distribution raises on purpose."""


class InputError(FutureparkError):
    """Bad input: says what is wrong, where, and what to do about it.

    `where` names the file, with line and field when known (`orders.csv, line 7, column quantity`), or the option.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}")
        self.where = where
        self.problem = problem
        self.remedy = remedy


class RobotModelError(InputError):
    """A robot model has a value that no robot can have."""


class KeyFileError(InputError):
    """A key file or the allow-list is malformed, or open to others than its owner."""


class WireError(FutureparkError):
    """A message from the other side of a connection is refused; `detail` is printable, 200 characters at most.

    code  frames        not two frames
          tag           the first frame is not FRAME_TAG
          size          a frame, or what it holds, is larger than anybody may send
          malformed     no MessagePack: cut off, trailing bytes, text that is not UTF-8, the same key twice
          ext           an extension type or timestamp
          deep          nested deeper than any message
          nan           not a number, or infinity
          bounds        a value is out of its bounds
          type          a field is missing or of another type
          unknown_kind  no message of this kind comes from that side
          version       no version of the protocol that both sides speak
    """

    def __init__(self, code: WireCode, detail: str) -> None:
        # What comes from outside must not forge lines of a log.
        self.code: WireCode = code
        self.detail = ascii(detail)[1:-1][:200]
        super().__init__(f"{self.code}: {self.detail}")


class DriverError(FutureparkError):
    """A driver was asked for something that its robots cannot do (a defect of the caller)."""
