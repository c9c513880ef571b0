"""An operator's action as it comes over the API: a line of an action file, happening now, by whoever's key it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from fleet.grid.layout import Layout
from fleet.traffic.zones.action_file import ActionError, action_of
from fleet.traffic.zones.actions import ConfirmClear, Open, RequestClear, ZoneAction
from robots.arrays import Int32

_WHERE: Final = "action"
_ENDING: Final = {action.do: action for action in (Open, RequestClear, ConfirmClear)}


class _ById(msgspec.Struct, forbid_unknown_fields=True):
    """An action that ends a restriction by its number, which every one has, where a label is up to its maker."""

    do: str
    id: int


def operator_action(
    text: str, by: str, ref: str, layout: Layout, named: Mapping[str, Int32], serials: Sequence[str]
) -> ZoneAction:
    """Return the action in a JSON text: the keys of docs/zones.md without `t` and `by`; `id` may stand for `ref`.

    by, ref: who does it, and the label of what it makes if the text gives none. serials: of the robots, by row; one may
    stand for its row. Raises ActionError.
    """
    try:
        keys = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as failure:
        raise ActionError(_WHERE, f"is no JSON object: {failure}", "give one action, as in docs/zones.md") from None
    for key in ("t", "by"):
        if key in keys:
            problem = "an action over the API happens now, and its key says who does it"
            raise ActionError(f"{_WHERE}, field {key}", problem, f"leave {key} out")
    if "id" in keys:
        return _by_id(text, by)
    line: dict[str, object] = {"t": 0, "by": by, **keys}
    if "robot" in keys:
        line["robot"] = _row(keys["robot"], serials)
    action = _parsed(line, layout, named, len(serials))
    if hasattr(action, "ref") and not action.ref:
        # A label of its own, so that a copy of the request is known for one, by another controller too.
        action = _parsed(line | {"ref": ref}, layout, named, len(serials))
    return action


def _row(robot: msgspec.Raw, serials: Sequence[str]) -> object:
    """The row of a robot that is named by its serial; anything else is returned as it is."""
    name = msgspec.json.decode(robot)
    if not isinstance(name, str):
        return name
    if name in serials:
        return serials.index(name)
    close = get_close_matches(name, serials, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else "name a robot of this site, or its row"
    raise ActionError(f"{_WHERE}, field robot", f"there is no robot {name!r}", remedy)


def _parsed(line: Mapping[str, object], layout: Layout, named: Mapping[str, Int32], robots: int) -> ZoneAction:
    return action_of(_WHERE, msgspec.json.encode(line).decode(), layout, named, robots).action


def _by_id(text: str, by: str) -> ZoneAction:
    remedy = f"give do, one of {', '.join(_ENDING)}, and id, a whole number"
    try:
        ending = msgspec.json.decode(text, type=_ById)
    except msgspec.ValidationError as failure:
        raise ActionError(_WHERE, str(failure), remedy) from None
    if ending.do not in _ENDING:
        raise ActionError(f"{_WHERE}, field id", f"{ending.do} ends nothing", remedy)
    return _ENDING[ending.do](restriction=ending.id, by=by)
