"""Whatever is lost, doubled, late or cut off between controller and gateway, robots keep to their base.

A scripted controller gives bases and raises epochs over a channel that drops, doubles and reorders. The program of
the gateway is cut off at any moment, with or without what came since the last tick, and comes back from what it had
written down.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from robots.messages import Ack, Instant, Order, State
from tests.gateway_rig import EAST, LAYOUT, TICK_S, Rig, instant, order, step

ROBOTS = ((22, EAST), (44, EAST))


class Controlled:
    """What the controller gave one robot.

    places, entries  of the base, from number 0 on: entry k leads from place k to place k + 1
    ended            effects that the floor saw, as entry numbers
    """

    def __init__(self, serial, place, rng):
        self.serial, self.rng = serial, rng
        self.places, self.entries = [place], []
        self.epoch, self.awaited = 0, False
        self.known = 0  # entries that the robot said that it has
        self.last_seq = 0
        self.effects = []

    def grow(self):
        for _ in range(self.rng.randint(1, 4)):
            place = self.places[-1]
            what = self.rng.choice(["F", "F", "F", "R", "L", 0.3])
            if what == "F" and LAYOUT.neighbours[place] < 0:
                what = "R"
            self.entries.append(what)
            self.places.append(step(place, what))

    def messages(self, seq):
        """What the controller says now: from anywhere that the robot may know, to the end or less."""
        if self.awaited:
            return self.raising
        if len(self.entries) - self.last_seq // 2 < 6:
            self.grow()
        first = self.rng.randint(max(self.last_seq // 2 - 2, 0), self.known)
        last = self.rng.randint(first, min(len(self.entries), first + 20))
        steps = self.entries[first:last]
        return order(self.places[first], steps, number=first, robot=self.serial, epoch=self.epoch, seq=seq)

    def rest(self, seq):
        """All that the robot does not have yet."""
        if self.awaited:
            return self.raising
        steps, number = self.entries[self.known : self.known + 16], self.known
        return order(self.places[number], steps, number=number, robot=self.serial, epoch=self.epoch, seq=seq)

    def raise_epoch(self, seq):
        """Entries in the message that raises the epoch are passed over, whatever they are."""
        if not self.awaited:
            self.epoch, self.awaited = self.epoch + 1, True
            number = self.rng.randint(0, len(self.entries))
            place = self.places[number]
            self.raising = order(place, ["R", 0.3], number=number, robot=self.serial, epoch=self.epoch, seq=seq)

    def hear(self, state):
        assert state.last_seq >= self.last_seq
        assert state.epoch <= self.epoch
        self.last_seq = state.last_seq
        if state.epoch == self.epoch:
            if self.awaited:
                self.awaited = False
                assert state.upd <= len(self.entries)
                del self.entries[state.upd :], self.places[state.upd + 1 :]
            self.known = state.upd

    def check(self, truth, row):
        """The robot is on its way between two places of its base; what took effect was to do, once, in order."""
        x, y = float(truth.x_m[row]), float(truth.y_m[row])
        near = [divmod(cell, LAYOUT.width) for cell, _ in self.places[self.last_seq // 2 :]]
        assert any(abs(column + 0.5 - x) < 0.51 and abs(line + 0.5 - y) < 0.51 for line, column in near)
        assert self.effects == sorted(set(self.effects))
        assert all(isinstance(self.entries[number], float) for number in self.effects)


class Trial:
    def __init__(self, seed):
        self.rng = Random(seed)
        self.rig = Rig(*(cell for cell, _ in ROBOTS))
        self.robots = [Controlled(f"amr-{row:03d}", place, self.rng) for row, place in enumerate(ROBOTS)]
        self.loss = self.rng.choice([0.0, 0.2, 0.6])
        self.channel = []
        self.answered = {}
        self.seq = 0
        self.lives = 1

    def say(self, message):
        if self.rng.random() >= self.loss:
            self.channel += [message] * self.rng.choice([1, 1, 2, 3])

    def tick(self):
        rng = self.rng
        for robot in self.robots:
            if rng.random() < 0.4:
                self.seq += 1
                self.say(robot.messages(self.seq))
            if rng.random() < 0.01:
                self.seq += 1
                robot.raise_epoch(self.seq)
            if rng.random() < 0.03 and not robot.awaited:
                self.seq += 1
                self.say(
                    instant(
                        rng.choice(["startPause", "stopPause"]), robot=robot.serial, epoch=robot.epoch, seq=self.seq
                    )
                )
        rng.shuffle(self.channel)
        for _ in range(rng.randint(0, len(self.channel))):
            self.rig.give(self.channel.pop())
        self.settle()

    def settle(self):
        self.rig.tick()
        truth = self.rig.driver.truth()
        for row, entry in self.rig.effects:
            self.robots[row].effects.append(entry)
        self.rig.effects.clear()
        for message in self.rig.take((State, Ack)):
            if isinstance(message, State) and self.rng.random() >= self.loss:
                self.robots[int(message.robot[-3:])].hear(message)
            elif isinstance(message, Ack):
                self.answered[message.re] = message
        for row, robot in enumerate(self.robots):
            robot.check(truth, row)

    def cut_off(self):
        """Kill the program: what came since the last tick is gone, and so is what is on its way."""
        for message in self.channel[: self.rng.randint(0, 3)]:
            self.rig.give(message)
        self.channel.clear()
        self.lives += 1
        self.rig = Rig(*self.rig.cells, kept=self.rig.kept, boot=bytes([self.lives]) * 16, greet=False)
        self.rig.tick()
        for row, entry in self.rig.effects:
            self.robots[row].effects.append(entry)
        self.rig.effects.clear()
        self.rig.greet()


@given(st.integers(0, 2**32 - 1))
def test_no_entry_is_done_twice_and_no_robot_leaves_its_base_whatever_happens_to_messages_and_programs(seed):
    trial = Trial(seed)
    for _ in range(150):
        trial.tick()
        if trial.rng.random() < 0.03:
            trial.cut_off()
    # Once messages arrive, everything that was given is carried out, once.
    trial.loss = 0.0
    trial.channel.clear()
    for robot in trial.robots:
        robot.grow()
    for _ in range(round(60 / TICK_S)):
        for robot in trial.robots:
            trial.seq += 1
            go = instant("stopPause", robot=robot.serial, epoch=robot.epoch, seq=trial.seq)
            trial.rig.give(robot.rest(trial.seq), go)
        trial.settle()
        if all(not robot.awaited and robot.last_seq == 2 * len(robot.entries) for robot in trial.robots):
            break
    for robot in trial.robots:
        assert robot.last_seq == 2 * len(robot.entries)
        assert robot.effects == [number for number, what in enumerate(robot.entries) if isinstance(what, float)]
    assert {message.result for message in trial.answered.values()} >= {"accepted"}


def test_every_message_that_arrives_gets_one_answer():
    trial = Trial(3)
    trial.loss = 0.0
    rig, rng = trial.rig, trial.rng
    given_: list[Order | Instant] = []
    for _ in range(60):
        trial.seq += 1
        message = trial.robots[rng.randint(0, 1)].messages(trial.seq)
        given_ += [message] * 2
        rig.give(message, message)
        rig.tick()
    rig.tick(3)
    answers = [ack.re for ack in rig.take(Ack)]
    assert sorted(answers) == sorted(message.seq for message in given_)
