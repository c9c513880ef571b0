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
print(json.dumps([os.nice(0), os.sched_getscheduler(0), before, session()]))
"""
IDLE = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n"


def scheduled(program=PROGRAM, *, own_session):
    done = subprocess.run(
        [sys.executable, "-c", program], start_new_session=own_session, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_one_that_leads_a_session_makes_the_session_nice_where_sessions_count():
    nice, policy, before, after = scheduled(own_session=True)
    assert (nice, policy) == (os.nice(0) + 7, os.SCHED_BATCH)
    assert (before, after) in ((0, 7), (None, None))


def test_one_that_does_not_leaves_the_session_as_it_is():
    nice, policy, before, after = scheduled(own_session=False)
    assert (nice, policy) == (os.nice(0) + 7, os.SCHED_BATCH)
    assert after == before


def test_one_that_was_started_to_have_what_others_leave_stays_so():
    nice, policy, *_ = scheduled(IDLE + PROGRAM, own_session=False)
    assert (nice, policy) == (os.nice(0) + 7, os.SCHED_IDLE)
