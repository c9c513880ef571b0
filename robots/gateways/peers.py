"""Who may speak for which robots: by the key on a frame, or by word where there are no keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from robots.gateways.allow_list import AllowList
from robots.gateways.wire_record import RefusedError


@dataclass(frozen=True, slots=True)
class _Standing:
    serials: frozenset[str]
    refusal: str  # code; empty where there is none


class Peers:
    """The gateways of an allow-list, as it was last looked at. Without a list everybody may speak for every robot."""

    def __init__(self, allow_list: AllowList | None, roster: Sequence[str]) -> None:
        self._allow_list = allow_list
        self._roster = frozenset(roster)
        self._standings: dict[str, _Standing] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look at the allow-list again. Raises KeyFileError if it cannot be used now; the last good one goes on."""
        if self._allow_list is None:
            return
        self._allow_list.refresh()
        self._standings = {
            peer.name: _Standing(
                frozenset(peer.robots) & self._roster,
                "revoked" if peer.revoked else "" if peer.role == "gateway" else "role",
            )
            for peer in self._allow_list.peers
        }

    def check(self, user: str | None) -> None:
        """Raise RefusedError unless a message with this key's name may be heard."""
        if self._allow_list is None:
            return
        standing = None if user is None else self._standings.get(user)
        if standing is None:
            raise RefusedError("unknown_peer")
        if standing.refusal:
            raise RefusedError(standing.refusal)

    def serials(self, peer: str) -> frozenset[str]:
        """Robots that a peer may speak for; none if it may not speak."""
        if self._allow_list is None:
            return self._roster
        standing = self._standings.get(peer)
        return frozenset() if standing is None or standing.refusal else standing.serials
