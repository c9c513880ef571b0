"""Which version of the protocol two sides speak: the same major, the lower minor, never lowered within a session."""

from __future__ import annotations

from robots.errors import WireError
from robots.messages import PROTOCOL


def answer_hello(
    asked: tuple[int, int], spoken: tuple[int, int] | None = None, *, ours: tuple[int, int] = PROTOCOL
) -> tuple[int, int]:
    """Return the version for the `welcome` to a `hello` that asked for one: the controller's side.

    spoken: what this session speaks already, if it has said hello before. Raises WireError("version").
    """
    agreed = asked[0], min(asked[1], ours[1])
    _check(agreed, spoken, ours)
    return agreed


def check_welcome(
    answered: tuple[int, int], spoken: tuple[int, int] | None = None, *, ours: tuple[int, int] = PROTOCOL
) -> None:
    """Raise WireError("version") if a `welcome` answers with a version that was not asked for: the gateway's side."""
    if answered[1] > ours[1]:
        raise WireError("version", f"{_text(answered)} is newer than {_text(ours)}, which was asked for")
    _check(answered, spoken, ours)


def _check(agreed: tuple[int, int], spoken: tuple[int, int] | None, ours: tuple[int, int]) -> None:
    if agreed[0] != ours[0]:
        raise WireError("version", f"{_text(agreed)} is spoken there, {_text(ours)} here")
    if spoken is not None and agreed != spoken:
        raise WireError("version", f"the session speaks {_text(spoken)}, not {_text(agreed)}")


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
