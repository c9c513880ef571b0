"""A ZmqDriver and a gateway of simulated robots in lockstep on one simulated clock, over real sockets."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from time import monotonic

import zmq

from fleet.grid.layout import Layout
from robots.codec import Decoder
from robots.gateways.allow_list import AllowList
from robots.gateways.authenticator import Authenticator
from robots.gateways.floor_map import FloorMap
from robots.gateways.gateway import Gateway
from robots.gateways.gateway_link import GatewayLink
from robots.gateways.gateway_session import Connect, Drop, GatewaySession
from robots.gateways.keys import load_key, load_public_key, new_key
from robots.gateways.robot_fleet import RobotFleet
from robots.gateways.wire_params import WireParams
from robots.gateways.zmq_driver import ZmqDriver
from robots.messages import FromController, RobotIdentity
from twin.simulated_fleet import SimulatedFleet
from twin.start_check import charger_mask

TICK_S = 0.1
PATIENCE_S = 60.0
NS = 1_000_000_000


def serials(count):
    return [f"amr-{number:03d}" for number in range(count)]


class KeyedSite:
    """A folder with the controller's key and an allow-list, and a context that lets nobody else in."""

    def __init__(self, directory, gateways):
        self.directory = directory
        self.gateways = dict(gateways)
        self.refused = []
        self.context = zmq.Context()
        new_key(directory, "controller")
        for name in self.gateways:
            new_key(directory, name)
        self.allow({})
        self.allow_list = AllowList(directory / "allowed.toml")
        self.authenticator = Authenticator(self.context, self.allow_list, self.refused.append)
        self.authenticator.start()

    def allow(self, changes):
        """Write the allow-list; `changes` of single gateways, by name: revoked, role."""
        tables = []
        for name, robots in self.gateways.items():
            entry = {"role": "gateway", "revoked": "false", "robots": robots} | changes.get(name, {})
            public = load_public_key(self.directory / f"{name}.key").decode()
            listed = ", ".join(f'"{robot}"' for robot in entry["robots"])
            tables.append(
                f'[[peer]]\nname = "{name}"\npublic_key = "{public}"\nrole = "{entry["role"]}"\n'
                f"robots = [{listed}]\nrevoked = {entry['revoked']}\n"
            )
        path = self.directory / "allowed.toml"
        new = path.with_suffix(".new")
        new.write_text("\n".join(tables))
        new.chmod(0o600)
        new.replace(path)

    @property
    def key(self):
        return load_key(self.directory / "controller.key_secret")

    def keys_of(self, name):
        """A gateway's own key and the controller's public one."""
        return load_key(self.directory / f"{name}.key_secret"), self.key.public

    def close(self):
        self.authenticator.stop()
        self.context.destroy(linger=0)


@contextmanager
def keyed_site(directory, gateways):
    site = KeyedSite(directory, gateways)
    try:
        yield site
    finally:
        site.close()


class CountingLink(GatewayLink):
    sent = 0
    taken = 0

    def _sent(self, frames):
        went = super()._sent(frames)
        self.sent += went
        return went

    def received(self):
        for frames in super().received():
            self.taken += 1
            yield frames


class WiredFleet:
    """A FleetDriver for the conformance kit: a poll moves messages there, robots by a tick, and messages back."""

    def __init__(self, rig, site, **link):
        layout = Layout(rig.height, rig.width, rig.passable)
        floor = FloorMap("rig", rig.width, rig.cell_m, layout.neighbours, charger_mask(layout, rig.chargers))
        self.now = 0.0
        self._twin = SimulatedFleet(
            layout, rig.model, rig.cell_m, start=rig.start, chargers=rig.chargers, tick_s=TICK_S, seed=1, **link
        )
        roster = serials(rig.start.robots)
        self.events = []
        self._link = None
        self._phase = "new"
        self._submitted = False
        self._limit = monotonic() + PATIENCE_S
        self.driver = ZmqDriver(
            "tcp://127.0.0.1:*",
            roster=roster,
            floor=floor,
            clock=self._clock,
            wall_ns=self._wall_ns,
            context=site.context,
            epoch=1,
            server_key=site.key,
            allow_list=site.allow_list,
            params=WireParams(tick_s=TICK_S, gather_s=0.0),
            on_security=self.events.append,
        )
        self._site = site
        self._decoder = Decoder(FromController)
        self._fleet = RobotFleet(self._twin, self._twin.open(), floor, rig.model.battery_wh)
        robots = [RobotIdentity("test", serial) for serial in roster]
        session = GatewaySession("gw-1", b"b" * 16, robots, endpoints=1, random=Random(1))
        self.gateway = Gateway(session, b"b" * 16, roster, self._fleet, 0, "rig")

    @property
    def entries_ahead(self):
        return self.driver.entries_ahead

    @property
    def charge_wh_used(self):
        return self.driver.charge_wh_used

    def open(self):
        self._limit = monotonic() + PATIENCE_S
        before, self._phase = self._phase, "open" if self._phase == "stopped" else "opening"
        try:
            state = self.driver.open()
        except BaseException:
            self._phase = before
            raise
        self._phase = "running"
        self.now = max(self.now, state.time_s)
        return state

    def submit(self, commands):
        self.driver.submit(commands)
        self._submitted = True

    def poll(self):
        if self._submitted:
            self._submitted = False
            self._settle(lambda: self._link.taken == self.driver.record.sent)
            self._tick()
        return self.driver.poll()

    def stop(self):
        self._limit = monotonic() + PATIENCE_S
        self._phase = "stopping"
        self._submitted = False
        self.driver.stop()
        self._phase = "stopped"

    def close(self):
        self._phase = "closed"
        self.driver.close()
        if self._link is not None:
            self._link.drop()
            self._link = None

    def _clock(self):
        """The simulated time; just before the tick until all that was sent has come."""
        if self._phase in {"opening", "open", "stopping"} and self.driver.endpoint:
            self._turn_gateway()
            if self._phase == "opening":
                self._report()
            elif self._arrived() and self._link.taken == self.driver.record.sent:
                self._tick()
        if self._phase == "running" and not self._arrived():
            return self.now - 1e-6
        return self.now

    def _wall_ns(self):
        return round(self.now * NS) + NS

    def _arrived(self):
        """Whether the driver has all that the gateway said."""
        assert monotonic() < self._limit, "messages were lost on the way"
        return not self._link._unsent and self._link.sent == self.driver.record.received

    def _tick(self):
        for row in self._fleet.tick():
            self.gateway.settled(row)
        self.now = round(self.now + TICK_S, 6)
        self._report()

    def _report(self):
        states, poses = self._fleet.due()
        messages, poses = self.gateway.report(states, poses, self._fleet.columns(), self._wall_ns())
        if self._link is not None:
            self._link.send(messages)
            self._link.send_poses(poses)

    def _turn_gateway(self):
        if self._link is None:
            endpoint = self.driver.endpoint
            self._link = CountingLink(self._site.context, [endpoint], self._site.keys_of("gw-1"))
        now, t_ns = self.now, self._wall_ns()
        self._link.flush()
        for frames in self._link.received():
            self.gateway.take(self._decoder.decode(frames), now, t_ns)
        self.gateway.wake(now, t_ns)
        for wanted in self.gateway.take_wanted():
            if isinstance(wanted, Connect):
                self._link.connect(wanted)
            elif isinstance(wanted, Drop):
                self._link.drop()
            else:
                self._link.send([wanted])

    def _settle(self, done):
        """Move messages to the gateway until it has all of them."""
        self._limit = monotonic() + PATIENCE_S
        while True:
            self._turn_gateway()
            if done():
                return
            assert monotonic() < self._limit, "messages were lost on the way"
            self._link.socket.poll(50)
