"""Takes the picture of a report in docs/images: `python -m benchmarks.report_picture`. Needs Debian's chromium.

Left the top of the page on light ground, right its hot spots on dark ground; the run is that of report_time.
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image

from benchmarks.report_time import recorded_run
from fleet.app.report_command import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_OUT: Final = Path(__file__).parents[1] / "docs" / "images" / "report.png"
_WIDE, _HIGH = 900, 1560
_OPTIONS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_COLOURS: Final = 128


def main() -> int:
    """Make a run and its report, and take the picture."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        print("chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 1
    with TemporaryDirectory(prefix="report-picture-") as name, sync_playwright() as play:
        folder = Path(name)
        page = write_report(recorded_run(folder), folder / "report.html")
        browser = play.chromium.launch(executable_path=path, args=list(_OPTIONS))
        both = Image.new("RGB", (2 * _WIDE, _HIGH))
        both.paste(_photograph(browser, page, "header", "light"), (0, 0))
        both.paste(_photograph(browser, page, "#spots", "dark"), (_WIDE, 0))
        browser.close()
    both.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE).save(_OUT, optimize=True)
    print(_OUT)
    return 0


def _photograph(browser: Browser, report: Path, part: str, ground: Literal["light", "dark"]) -> Image.Image:
    """Show a report on light or dark ground, from a part of it on."""
    page = browser.new_page(viewport={"width": _WIDE, "height": _HIGH}, color_scheme=ground)
    page.goto(report.as_uri())
    box = page.locator(part).bounding_box() or {"y": 0.0}
    whole = page.screenshot(full_page=True)
    page.close()
    with Image.open(BytesIO(whole)) as image:
        return image.convert("RGB").crop((0, round(box["y"]), _WIDE, round(box["y"]) + _HIGH))


if __name__ == "__main__":
    sys.exit(main())
