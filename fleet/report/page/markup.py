"""HTML and SVG that cannot break: text is escaped unless it is markup already."""

from __future__ import annotations

import re
from html import escape
from typing import Final

# What no HTML document may hold, and what no text file can: controls and halves of surrogate pairs.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_EMPTY: Final = frozenset({"meta", "br", "line", "rect", "circle", "path", "polyline", "image", "col"})


class Markup(str):
    """Text that is markup, not to be escaped."""

    __slots__ = ()


def text(content: object) -> Markup:
    """Return what shows as this text; what cannot be shown, such as control characters, becomes U+FFFD."""
    return content if isinstance(content, Markup) else Markup(escape(_UNPRINTABLE.sub("\ufffd", str(content))))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element; children that are no Markup are text.

    Names of attributes have `-` for `_`, without one at their end (`class_`). Those that are None are left out.
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{shown}/>" if not children else f"<{name}{shown}>{joined(*children)}</{name}>")
    return Markup(f"<{name}{shown}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Return children one after the other."""
    return Markup("".join(map(text, children)))


def points(pairs: list[tuple[float, float]]) -> str:
    """Return points as a path's lines take them."""
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in pairs)


def _short(value: object) -> str:
    """A number to a hundredth of a pixel, without what means nothing."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
