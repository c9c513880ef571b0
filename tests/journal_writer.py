"""`python -m tests.journal_writer PLACE HOW`: a controller's journal, written step after step until it is killed.

What is on record after step k follows from k alone, so any prefix can be checked (`expected`). Prints k after its
commit.

HOW  lead     lead at once
     standby  wait for the leadership
     stop     after a few steps, stand still in the middle of a commit, as on SIGSTOP
"""

from __future__ import annotations

import os
import signal
import sys

import numpy as np

from fleet.errors import JournalError, LeadershipLostError
from fleet.runtime.journal.opening import open_journal, wait_for_leadership
from tests.failing_disk import failing_disk
from tests.oracles.site_journal import NaiveDisk, NaiveJournal
from tests.site_journals import found, grants, order, plain, rejection, task

ROBOTS = 4
LOST = 3
LEASE_S = 0.5


def step(journal, k):
    """Everything that a step k puts on record, in several tables, some of it growing and some not."""
    robot = k % ROBOTS
    held = journal.restore()
    journal.orders([order(k)])
    journal.tasks([task(2 * k, k), task(2 * k + 1, k)])
    if k:
        journal.tasks([task(2 * k - 1, k - 1, status=2, robot=robot, errand_index=2)])
        journal.orders([order(k - 1, done_s=float(k))])
    counts = np.minimum([len(entries) for entries in held.entries], 3 * (np.arange(ROBOTS) == robot))
    journal.confirmed(held.confirmed + counts.astype(np.int32), held.cell + np.int32(1), held.heading)
    journal.granted(grants((robot, 0, 0.0), (robot, 4, 0.1 * k), ((robot + 1) % ROBOTS, 1, 0.0)))
    journal.epochs(held.epoch + np.int32(robot == 0))
    journal.rejected(rejection(k))
    journal.action("anna", f'{{"step": {k}}}', float(k))


def expected(steps):
    """What is on record after that many steps."""
    journal = NaiveJournal(NaiveDisk())
    found(journal, ROBOTS)
    for k in range(steps):
        step(journal, k)
    return plain(journal.recover())


def write(journal):
    record = journal.recover()
    if record is None:
        found(journal, ROBOTS)
    k = len(record.pool.orders) if record else 0
    while True:
        step(journal, k)
        while True:
            try:
                journal.commit()
                break
            except JournalError as error:
                print("held up", error, file=sys.stderr)
        print(k, flush=True)
        k += 1


def main(place, how):
    with failing_disk("stopping") as disk:
        journal = (
            wait_for_leadership(place, "standby", lease_s=LEASE_S)
            if how == "standby"
            else open_journal(place, "leader", lease_s=LEASE_S, vfs=disk.name if how == "stop" else None)
        )
        if how == "stop":
            found(journal, ROBOTS)
            for k in range(3):
                step(journal, k)
                journal.commit()
                print(k, flush=True)
            disk.meet = lambda call: os.kill(os.getpid(), signal.SIGSTOP) if call == "xSync" else None
        try:
            print("leads", flush=True)
            write(journal)
        except LeadershipLostError:
            journal.close()
            return LOST
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
