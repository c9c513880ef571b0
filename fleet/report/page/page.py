"""A page of its own: one HTML file with its style in it, which opens offline and can load and run nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from fleet.errors import SettingError
from fleet.report.page.markup import Markup, joined, tag
from fleet.text_file import replace_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Whatever a name in a run may say, the page loads nothing and runs nothing: browsers hold to this.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, `name` for links to it."""

    name: str
    title: str
    body: Markup


def page(title: str, head: Markup, sections: Sequence[Section], foot: str) -> str:
    """Return the document; `head` comes before the contents, `foot` after all."""
    contents = [tag("li", tag("a", section.title, href=f"#{section.name}")) for section in sections]
    body = [
        tag("section", tag("h2", section.title), section.body, id=section.name, aria_label=section.title)
        for section in sections
    ]
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", title),
            tag("style", Markup(files("fleet.report.page").joinpath("page.css").read_text(encoding="utf-8"))),
        ),
        tag(
            "body",
            tag("header", head, tag("nav", tag("ol", *contents), aria_label="Contents")),
            tag("main", *body),
            tag("footer", foot),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{document}\n"


def key_figures(figures: Sequence[tuple[str, str, str]]) -> Markup:
    """Return a few numbers in large type: what each is, the number, and a remark."""
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value, tag("small", remark))) for name, value, remark in figures),
        class_="keys",
    )


def paragraphs(*texts: object) -> Markup:
    """Return each text as a paragraph of its own."""
    return joined(*(tag("p", text) for text in texts if text))


def write_page(document: str, path: Path) -> None:
    """Write a page whole or not at all; raises SettingError if it cannot be written."""
    if path.is_dir():
        raise SettingError(str(path), "is a folder", "give the name of a file, like report.html")
    replace_text(path, document, SettingError)
