"""What `futurepark controller` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fleet.app.page_process import PageSettings
from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from robots.errors import InputError

_LEAST_LEASE_S = 0.5
_MOST_LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Settings of a controller.

    run       world, planner, assigner, and settings of grants and watch, as for a simulation; `robots` counts only
              without keys, `orders` may be empty for none
    listen    endpoint that gateways connect to; api, feed: those of operators and viewers; tcp port 0: any that is free
    keys      folder with the controller's key and the allow-list; None: no keys, on this machine only
    journal   a file, or postgresql://...
    standby   wait for the lead if another controller has it
    lease_s   how long another controller's lead lasts without a sign of it
    wait_s    how long a new site waits for its robots
    page      its live page, None for none
    """

    run: RunConfig
    listen: str
    api: str
    feed: str
    keys: Path | None
    journal: str
    standby: bool
    lease_s: float
    wait_s: float
    page: PageSettings | None = None

    def __post_init__(self) -> None:
        if not _LEAST_LEASE_S <= self.lease_s <= _MOST_LEASE_S:
            remedy = f"give {_LEAST_LEASE_S:g} to {_MOST_LEASE_S:g} seconds"
            raise SettingError("--lease", f"is {self.lease_s:g} s", remedy)
        if not self.wait_s > 0:
            raise SettingError("--wait", f"is {self.wait_s:g} s", "give more than 0 s")
        if self.keys is not None and self.run.robots:
            raise SettingError("--robots", "the allow-list names the robots", "leave it out, or leave --keys out")

    @property
    def journal_kind(self) -> str:
        """What keeps the journal, for people."""
        return "postgresql" if self.journal.startswith(("postgresql://", "postgres://")) else "sqlite"


class SiteError(InputError):
    """A site cannot be run as asked: keys, robots, floor and journal do not go together."""
