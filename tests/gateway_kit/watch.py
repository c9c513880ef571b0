"""What holds for every message of a gateway, whatever is going on; the scripted controller shows each one here."""

from __future__ import annotations

from tests.gateway_kit.wire import Table


class Watch:
    """Raises AssertionError at the first message that may not be."""

    def __init__(self) -> None:
        self._boot: dict[bytes, bytes] = {}  # by connection
        self._welcomed: set[bytes] = set()
        self._seq: dict[tuple[str, bytes], tuple[bytes, int]] = {}  # by robot and boot: connection, the last number
        self._before: dict[str, Table] = {}
        self._over: set[str] = set()
        self._left: dict[str, float] = {}
        self._cancelled: set[str] = set()

    def welcomed(self, peer: bytes) -> None:
        """Tell that a connection has got a welcome: from now on it may speak."""
        self._welcomed.add(peer)

    def cancelled(self, robot: str) -> None:
        """Tell that a robot has been told to drop its base."""
        self._cancelled.add(robot)

    def see(self, peer: bytes, message: Table) -> bool:
        """Check one message; returns False for one of a session with a controller that has gone."""
        kind = message["msg"]
        if kind == "hello":
            boot = message["boot"]
            assert self._boot.get(peer, boot) == boot, "hellos of two boots in a connection"
            if boot not in self._boot.values():
                self._left = {}  # a clock may go back to what was written down
            self._boot[peer] = boot
            return True
        if peer not in self._boot:
            assert self._welcomed, f"{kind} before the hello"
            return False
        assert kind == "bye" or peer in self._welcomed, f"{kind} before the welcome"
        if kind == "pose":
            assert (message["robot"], self._boot[peer]) in self._seq, "a pose before the first state"
        if kind == "state":
            assert message["boot"] == self._boot[peer], "a state with another boot than the hello"
            self._see_state(message)
        if kind in {"state", "pose"}:
            self._see_number(peer, message)
        return True

    def _see_number(self, peer: bytes, message: Table) -> None:
        key = (message["robot"], self._boot[peer])
        earlier = any(other != peer and boot == key[1] for other, boot in self._boot.items())
        connection, before = self._seq.get(key, (b"" if earlier else peer, 0))
        number = message["seq"]
        # What was under way when a connection broke is lost with it; within one there is no gap.
        assert number > before, f"seq {number} after {before}"
        assert number == before + 1 or connection != peer, f"seq {number} after {before}: a gap"
        self._seq[key] = peer, number

    def _see_state(self, state: Table) -> None:
        last, upd = state["last_seq"], state["upd"]
        assert last % 2 == 0, f"last_seq {last} is no node"
        assert upd * 2 >= last, f"upd {upd} is less than what is confirmed: last_seq {last}"
        assert state["nodes"] == list(range(last + 2, 2 * upd + 2, 2)), f"nodes {state['nodes']}: {last} to {2 * upd}"
        assert state["edges"] == [node - 1 for node in state["nodes"]], f"edges {state['edges']} of {state['nodes']}"
        before = self._before.get(state["robot"], state)
        assert last >= before["last_seq"], f"last_seq fell from {before['last_seq']} to {last}"
        assert state["epoch"] >= before["epoch"], f"epoch fell from {before['epoch']} to {state['epoch']}"
        may_fall = not (state["pose"]["ok"] and before["pose"]["ok"]) or state["robot"] in self._cancelled
        if state["epoch"] == before["epoch"] and not may_fall:
            assert upd >= before["upd"], f"upd fell from {before['upd']} to {upd} in one epoch"
        self._before[state["robot"]] = state
        for action in state["actions"]:
            self._see_action(action)

    def _see_action(self, action: Table) -> None:
        name, left = action["id"], action.get("left", 0.0)
        if action["status"] == "FINISHED":
            self._over.add(name)
        assert name not in self._over or action["status"] == "FINISHED", f"action {name} begins again"
        if action["status"] != "FINISHED" and (action["status"] == "RUNNING" or name in self._left):
            assert left <= self._left.get(name, left) + 0.001, f"action {name} starts over: {left} s left"
            self._left[name] = left
