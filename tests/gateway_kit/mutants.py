"""The Python stub broken on purpose, and the fact that finds it out; each is a private copy of the file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.gateway_kit.program import GatewayProgram, stub

STUB = Path(__file__).parents[2] / "firmware_stubs" / "python" / "robot.py"


@dataclass(frozen=True)
class StubMutant:
    """Replace a piece of the text, which must be there exactly once."""

    broken: str
    caught_by: str
    old: str
    new: str

    def program(self, folder: Path) -> GatewayProgram:
        """Write the broken copy and return how to start it."""
        text = STUB.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"robot.py has {self.old!r} {text.count(self.old)} times: bring the mutant up to date")
        copy = folder / "robot.py"
        copy.write_text(text.replace(self.old, self.new), encoding="utf-8")
        return stub(self.broken, sys.executable, str(copy))


MUTANTS = (
    StubMutant(
        "orders of an old epoch are obeyed",
        "what_is_of_an_old_epoch_changes_nothing",
        'if message["epoch"] < memory.epoch:',
        "if False:",
    ),
    StubMutant(
        "a new epoch drops nothing",
        "in_a_drive_a_new_epoch_ends_the_base_in_the_next_cell_where_it_can",
        "del base[keep + 1 :]",
        "pass",
    ),
    StubMutant(
        "a service under way is dropped by a new epoch",
        "in_a_service_a_new_epoch_lets_the_service_end",
        '(stops_serving and base[1].kind == "service")',
        'base[1].kind == "service"',
    ),
    StubMutant(
        "the order that raises the epoch is carried out",
        "at_rest_a_new_epoch_passes_over_the_entries_that_came_with_it",
        "news = raised or self._grow(",
        "news = self._grow(",
    ),
    StubMutant(
        "a new epoch ends charging",
        "charging_goes_on_in_a_new_epoch",
        'memory.epoch, memory.order = message["epoch"], ""',
        'memory.epoch, memory.order, memory.charging = message["epoch"], "", False',
    ),
    StubMutant(
        "a changed base is passed over",
        "a_changed_base_is_rejected_and_changes_nothing",
        'raise ValueError("changed")',
        "continue",
    ),
    StubMutant(
        "the horizon is driven",
        "what_is_not_released_is_not_driven",
        'if not node["rel"]:',
        "if False:",
    ),
    StubMutant(
        "a drive is confirmed when the middle of the robot is in the next cell",
        "a_drive_is_confirmed_when_nothing_of_the_robot_is_in_the_cell_before",
        "(entry.size + self.body.length) / 2",
        "entry.size / 2",
    ),
    StubMutant(
        "a duplicate of an order starts the service again",
        "a_service_takes_its_time_and_effect_once",
        "self.memory.base = grown\n",
        "self.memory.base = grown\n        self.memory.along *= len(grown) > len(base)\n",
    ),
    StubMutant(
        "copies of an order are not answered",
        "an_order_that_the_robot_has_is_a_duplicate_and_every_copy_is_answered",
        'self.outbox.append({"msg": "ack"',
        'result == "duplicate" or self.outbox.append({"msg": "ack"',
    ),
    StubMutant(
        "a pause does not stop a drive",
        "a_pause_stops_a_robot_at_speed_and_it_goes_on_with_its_base",
        "stop=stands or self.obstacle)",
        "stop=(stands and not memory.paused) or self.obstacle)",
    ),
    StubMutant(
        "a pause does not stop the clock of a service",
        "a_pause_stops_the_clock_of_a_service",
        "elif not stands:",
        "else:",
    ),
    StubMutant(
        "instants are carried out again",
        "an_instant_that_was_carried_out_is_a_duplicate_and_changes_nothing",
        "self.memory.instants = [*self.memory.instants, *names][-INSTANTS_KEPT:]",
        "pass",
    ),
    StubMutant(
        "speed limits are accepted and forgotten",
        "a_speed_limit_holds_until_the_next",
        "self.memory.limit or math.inf",
        "math.inf",
    ),
    StubMutant(
        "a cancelled service goes on to its end",
        "in_a_service_a_cancel_drops_it_unconfirmed",
        "self._drop_rest(stops_serving=True)",
        "self._drop_rest()",
    ),
    StubMutant(
        "positions are accepted at work",
        "a_robot_at_work_refuses_a_position",
        'raise ValueError("busy")',
        "pass",
    ),
    StubMutant(
        "nothing is written down after the start",
        "what_was_acknowledged_is_there_after_a_kill",
        "robot.memory.save(self.file, durable=True)",
        "pass",
    ),
    StubMutant(
        "services done are forgotten",
        "killed_in_a_service_it_serves_once",
        "        if entry.action:\n",
        '        if entry.kind == "service" and entry.size < 1:\n'
        "            memory.base.insert(0, Node(entry.seq - 2, entry.x, entry.y, entry.theta))\n"
        "        if entry.action:\n",
    ),
    StubMutant(
        "the epoch of the controller is forgotten",
        "the_greatest_epoch_of_a_controller_outlives_a_kill",
        'for node in found["base"]]})',
        'for node in found["base"]], "controller": 0})',
    ),
    StubMutant(
        "controllers of a smaller epoch are obeyed",
        "a_controller_of_a_smaller_epoch_gets_a_bye_and_is_not_obeyed",
        'and message["epoch"] < memory.controller:',
        "and False:",
    ),
    StubMutant(
        "leases never end",
        "a_robot_whose_lease_ends_finishes_its_base_holds_and_says_hello_again",
        "if now >= session.deadline:",
        "if session.session is None and now >= session.deadline:",
    ),
    StubMutant(
        "heartbeats of any session keep the lease",
        "heartbeats_of_another_session_do_not_keep_the_lease",
        'elif message.get("session", self.session) != self.session and',
        'elif kind == "order" and message.get("session", self.session) != self.session and',
    ),
    StubMutant(
        "each hello has a boot of its own",
        "a_bye_ends_the_session_and_a_hello_of_the_same_boot_follows",
        "        self.port.connect()\n",
        "        self.port.connect()\n        self.boot = os.urandom(16)\n",
    ),
    StubMutant(
        "no heartbeats",
        "heartbeats_are_of_the_session_and_the_controllers_epoch",
        'if now >= self.hb_due and self.port.send(self._about("hb")):',
        "if False:",
    ),
    StubMutant(
        "numbers have gaps",
        "a_robot_at_rest_tells_its_state_every_second",
        "self.seq += sent",
        "self.seq += 2 * sent",
    ),
    StubMutant(
        "changes wait for the next second",
        "changes_are_told_at_once",
        "if robot.asked or essence != self.told or",
        "if robot.asked or",
    ),
    StubMutant(
        "nothing is told unless it changes",
        "a_robot_at_rest_tells_its_state_every_second",
        "or essence != self.told or now >= self.state_due:",
        "or essence != self.told:",
    ),
    StubMutant(
        "a resync is ignored",
        "a_resync_brings_a_state_at_once",
        'robot.asked |= message["msg"] == "resync" and',
        "robot.asked |= False and",
    ),
    StubMutant(
        "poses at 50 Hz",
        "poses_come_while_it_drives_at_most_ten_times_a_second",
        "TICK_S, POSE_S, STATE_S = 0.02, 0.1, 1.0",
        "TICK_S, POSE_S, STATE_S = 0.02, 0.02, 1.0",
    ),
    StubMutant(
        "a kind that is no text ends the program",
        "frames_that_are_no_messages_are_dropped",
        "if not isinstance(kind, str) or kind not in MESSAGES:",
        "if kind not in MESSAGES:",
    ),
    StubMutant(
        "NaN passes under unknown keys",
        "orders_with_wrong_values_are_not_obeyed",
        "        _check_values(found, depth=16)\n",
        "",
    ),
    StubMutant(
        "the emergency stop does not stop a service",
        "an_emergency_stop_stops_the_clock_of_a_service",
        "stands = memory.paused or memory.estop or",
        "stands = memory.paused or (memory.estop and self.speed > 0) or",
    ),
    StubMutant(
        "drives through obstacles",
        "before_an_obstacle_it_stands_and_goes_on_when_it_is_gone",
        "stop=stands or self.obstacle)",
        "stop=stands)",
    ),
)
