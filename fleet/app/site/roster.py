"""Which robots a site has, by row, and whether a journal is of this site."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.app.site.settings import SiteError
from robots.gateways.allow_list import AllowList


def allowed_roster(allow_list: AllowList, path: str) -> tuple[str, ...]:
    """Return the serials of all robots on an allow-list, in its order, revoked gateways' too. Raises SiteError."""
    # A revoked gateway's robots stay on the floor, and may have been given to another one.
    serials = tuple(dict.fromkeys(serial for peer in allow_list.peers for serial in peer.robots))
    if not serials:
        raise SiteError(path, "there is no robot on the allow-list", "add gateways with futurepark keys allow")
    return serials


def numbered_roster(robots: int) -> tuple[str, ...]:
    """Return serials amr-000, amr-001, ... as `futurepark robots` gives them: with more digits where it takes more."""
    digits = max(3, len(str(robots - 1)))
    return tuple(f"amr-{row:0{digits}d}" for row in range(robots))


def known_roster(known: Sequence[str], now: Sequence[str], path: str) -> tuple[str, ...]:
    """Return the roster of a site that has run before; raises SiteError if other robots are on it now."""
    missing, new = sorted(set(known) - set(now)), sorted(set(now) - set(known))
    if missing or new:
        what = [f"{', '.join(serials[:5])} {text}" for serials, text in ((missing, "left"), (new, "came")) if serials]
        remedy = "put the allow-list back, or begin with a new journal when the floor is at rest"
        raise SiteError(path, f"the site's robots have changed: {'; '.join(what)}", remedy)
    return tuple(known)
