"""A site's journal as plain dicts and lists: `commit` copies all of them, `recover` copies them back."""

from __future__ import annotations

import hashlib
import struct
from copy import deepcopy

import numpy as np

from fleet.errors import LeadershipLostError
from fleet.runtime.site_journal import OperatorRecord, ServiceRecord, SiteRecord
from fleet.tasks.records import PoolRecord
from fleet.traffic.journal import HeldBases


class NaiveDisk:
    def __init__(self):
        self.kept = None
        self.term = 0


def nothing():
    return {
        "site": None,
        "robots": [],
        "orders": {},
        "tasks": {},
        "rejections": [],
        "recoveries": {},
        "actions": [],
    }


class NaiveJournal:
    def __init__(self, disk):
        self.disk = disk
        disk.term += 1
        self.term = disk.term
        self.now = deepcopy(disk.kept) or nothing()

    @property
    def started_unix_s(self):
        return self.now["site"][1]

    def found(self, roster, started_unix_s, world):
        self.now["site"] = (tuple(roster), started_unix_s, world)

    def begin(self, cell, heading, confirmed, epoch):
        columns = zip(cell.tolist(), heading.tolist(), confirmed.tolist(), epoch.tolist(), strict=True)
        self.now["robots"] = [
            {"cell": c, "heading": h, "confirmed": k, "epoch": e, "granted": k, "entries": {}, "duties": {}}
            for c, h, k, e in columns
        ]

    def granted(self, record):
        for robot, kind, seconds in zip(record.robot, record.kind, record.service_s, strict=True):
            one = self.now["robots"][robot]
            one["entries"][one["granted"]] = (int(kind), float(seconds))
            one["granted"] += 1

    def cut(self, robots, granted):
        for robot, end in zip(robots.tolist(), granted.tolist(), strict=True):
            one = self.now["robots"][robot]
            one["granted"] = end
            one["duties"] = {entry: duty for entry, duty in one["duties"].items() if entry < end}

    def confirmed(self, confirmed, cell, heading):
        for one, k, c, h in zip(self.now["robots"], confirmed, cell, heading, strict=True):
            one["confirmed"], one["cell"], one["heading"] = int(k), int(c), int(h)

    def epochs(self, epoch):
        for one, number in zip(self.now["robots"], epoch, strict=True):
            one["epoch"] = int(number)

    def services(self, robots, entries, tasks, errands):
        for robot, entry, task, errand in zip(robots, entries, tasks, errands, strict=True):
            self.now["robots"][robot]["duties"][int(entry)] = (int(task), int(errand))

    def orders(self, records):
        self.now["orders"].update({record.row: record for record in records})

    def tasks(self, records):
        self.now["tasks"].update({record.task.id: record for record in records})

    def rejected(self, record):
        self.now["rejections"].append(record)

    def recoveries(self, counts):
        self.now["recoveries"].update(counts)

    def action(self, operator, body, at_s):
        self.now["actions"].append((operator, body, at_s))

    def commit(self):
        self.renew()
        self.disk.kept = deepcopy(self.now)

    def renew(self):
        if self.disk.term != self.term:
            raise LeadershipLostError("another naive journal was opened")

    def close(self):
        self.now = None

    def restore(self):
        robots = self.now["robots"]
        return HeldBases(
            np.array([one["cell"] for one in robots], dtype=np.int32),
            np.array([one["heading"] for one in robots], dtype=np.int8),
            np.array([one["confirmed"] for one in robots], dtype=np.int32),
            np.array([one["epoch"] for one in robots], dtype=np.int32),
            [[one["entries"][k] for k in range(one["confirmed"], one["granted"])] for one in robots],
        )

    def recover(self):
        now = self.now
        if now["site"] is None:
            return None
        roster, _, world = now["site"]
        pool = PoolRecord(
            tuple(now["orders"][row] for row in sorted(now["orders"])),
            tuple(now["tasks"][task] for task in sorted(now["tasks"])),
            tuple(now["rejections"]),
            dict(now["recoveries"]),
        )
        services = tuple(
            ServiceRecord(robot, entry, *one["duties"][entry])
            for robot, one in enumerate(now["robots"])
            for entry in range(one["confirmed"], one["granted"])
            if entry in one["duties"]
        )
        return SiteRecord(roster, world, self.restore(), pool, services, tuple(hashed(now["actions"])))


def hashed(actions):
    digest = bytes(32)
    for number, (operator, body, at_s) in enumerate(actions, start=1):
        name = operator.encode()
        text = digest + struct.pack(">Q", number) + struct.pack(">d", at_s) + struct.pack(">I", len(name))
        digest = hashlib.sha256(text + name + body.encode()).digest()
        yield OperatorRecord(number, at_s, operator, body, digest.hex())
