"""A program that gives way: how it is scheduled, in a session of its own and in somebody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import json, os
from pathlib import Path
from fleet.app.low_priority import give_way

def session():
    # Empty for who is in no session's group, as in containers that begin with the machine's first one.
    path = Path("/proc/self/autogroup")
    told = path.read_text().split() if path.exists() else []
    return int(told[-1]) if told else None

before = session()
give_way(7)
print(json.dumps([os.nice(0), os.sched_getscheduler(0) == os.SCHED_BATCH, before, session()]))
"""


def scheduled(*, own_session):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], start_new_session=own_session, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_one_that_leads_a_session_makes_the_session_nice_where_sessions_count():
    nice, batch, before, after = scheduled(own_session=True)
    assert (nice, batch) == (os.nice(0) + 7, True)
    assert (before, after) in ((0, 7), (None, None))


def test_one_that_does_not_leaves_the_session_as_it_is():
    nice, batch, before, after = scheduled(own_session=False)
    assert (nice, batch) == (os.nice(0) + 7, True)
    assert after == before
