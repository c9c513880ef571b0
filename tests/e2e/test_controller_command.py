"""The controller as it is deployed: real processes, real sockets, keys; crashes, standbys, and what is refused.

Bad options are tried without a process of their own: the command is the same, and starting it is most of the time.
"""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

from benchmarks.site_processes import SiteProcesses, free_ports, running
from fleet.app.main import main
from tests.postgres_server import PostgresServer
from tests.site_operator import Operator, ended

pytestmark = pytest.mark.e2e


@pytest.fixture
def site(tmp_path):
    with running(SiteProcesses(tmp_path, "tiny", 6, 2)) as site:
        yield site


def test_orders_of_an_operator_are_driven_by_robots_behind_gateways(site):
    controller, robots = site.controller("--audit", "--json"), site.simulated_robots()
    controller.wait_for("running")
    with Operator(site) as anna:
        added = anna.add(0, 4)
        anna.until_done(4)
        assert anna.client.order(added[0]).order.status == "done"
        told = anna.client.status().reactions
    said, done = ended(controller, robots)
    assert said["orders"] == {"accepted": 4, "done": 4, "open": 0, "rejected": 0, "cancelled": 0}
    assert said["violations"] == 0
    assert said["wire"]["refused"] == {}
    assert said["wire"]["received"] == said["wire"]["accepted"] > 0
    assert said["services"] == done["services"] == 8
    assert said["reactions"]["reports"] >= sum(told.counts) > 0
    assert controller.process.returncode == 0


def test_a_controller_that_is_killed_goes_on_where_it_was_and_nothing_is_lost_or_done_twice(site):
    robots = site.simulated_robots()
    said = []
    added = []
    with Operator(site) as anna:
        for life in range(4):
            controller = site.controller("--audit", "--json")
            controller.wait_for("granting" if life else "running")
            added += anna.add(3 * life, 3)
            if life == 1:
                anna.client.act('{"do": "pause", "robot": "amr-002", "ref": "look"}')
                anna.client.act('{"do": "out_of_service", "robot": "amr-003", "ref": "wheel"}')
            time.sleep(5.0 + 7.0 * life)  # on their way, being served, ...
            controller.kill()
            said.append(controller.wait_for("leading")["term"])
        controller = site.controller("--audit", "--json")
        held_back = [(zone.kind, zone.robot, zone.by) for zone in anna.client.status().zones]
        assert held_back == [("pause", "amr-002", "anna"), ("out_of_service", "amr-003", "anna")]
        for label in ("look", "wheel"):
            anna.client.act(json.dumps({"do": "open", "ref": label}))
        anna.until_done(12)
        assert {anna.client.order(order).order.status for order in added} == {"done"}
    last, done = ended(controller, robots)
    assert said == sorted(set(said))
    assert last["term"] > said[-1]
    assert last["orders"] == {"accepted": 12, "done": 12, "open": 0, "rejected": 0, "cancelled": 0}
    assert last["services"] == done["services"] >= 24
    assert last["violations"] == 0


def test_robots_and_gateways_that_are_killed_come_back_and_do_nothing_twice(site):
    controller = site.controller("--audit", "--json")
    robots = site.simulated_robots()
    controller.wait_for("running")
    with Operator(site) as anna:
        anna.add(0, 8)
        for life in range(3):
            time.sleep(5.0 + 6.0 * life)
            robots.kill()
            robots = site.simulated_robots()
        anna.until_done(8)
    said, done = ended(controller, robots)
    assert said["tasks"]["done"] == 8
    assert said["services"] == done["services"] >= 16
    assert said["violations"] == 0


def test_a_standby_takes_over_and_a_leader_that_was_only_asleep_changes_nothing(site):
    listen, api, feed = (f"tcp://127.0.0.1:{port}" for port in free_ports(3))
    leader = site.controller("--lease", "1s", "--json")
    robots = site.simulated_robots(connect=f"{site.listen},{listen}")
    leader.wait_for("running")
    standby = site.controller("--lease", "1s", "--standby", "--audit", "--json", listen=listen, api=api, feed=feed)
    standby.wait_for("standing_by")
    with Operator(site, site.api, api) as anna:
        anna.add(0, 4)
        anna.until_done(1)
        leader.process.send_signal(signal.SIGSTOP)
        standby.wait_for("granting")
        anna.until_done(2)
        leader.process.send_signal(signal.SIGCONT)
        # It finds out that another one leads; or, stopped in the middle of a commit, it was ended by the other one.
        assert leader.process.wait(60) in (1, -signal.SIGKILL)
        anna.add(4, 2)
        anna.until_done(6)
    said, done = ended(standby, robots)
    assert said["orders"]["done"] == 6
    assert said["services"] == done["services"] >= 12
    assert said["violations"] == 0


def test_a_second_controller_that_is_no_standby_is_refused(site):
    controller = site.controller("--wait", "600s")
    controller.wait_for("leading")
    second = site.controller()
    assert second.process.wait(120) == 2
    assert "--standby" in second.said()
    assert "Traceback" not in second.said()


ANY = ["--listen", "tcp://127.0.0.1:0", "--api", "tcp://127.0.0.1:0", "--feed", "tcp://127.0.0.1:0"]
BAD = {
    "no such world": (["nowhere", "--robots", "3"], "nowhere"),
    "no robots": (["tiny"], "--robots"),
    "more robots than places": (["tiny", "--robots", "5000"], "5000"),
    "no such orders": (["tiny", "--robots", "3", "--orders", "none.csv"], "none.csv"),
    "no such keys": (["tiny", "--keys", "nowhere"], "nowhere"),
    "others could connect": (["tiny", "--robots", "3", "--listen", "tcp://0.0.0.0:0"], "keys"),
    "others could ask": (["tiny", "--robots", "3", "--api", "tcp://0.0.0.0:0"], "keys"),
    "no endpoint": (["tiny", "--robots", "3", "--api", "nonsense"], "nonsense"),
    "a lease that is none": (["tiny", "--robots", "3", "--lease", "0s"], "--lease"),
    "robots that never come": (["tiny", "--robots", "2", "--wait", "1s"], "amr-000 said nothing"),
    "no folder for the journal": (["tiny", "--robots", "2", "--journal", "/nowhere/j.db"], "/nowhere/j.db"),
    "no database": (["tiny", "--robots", "2", "--journal", "postgresql://127.0.0.1:1/x"], "127.0.0.1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_words(name, tmp_path, capsys):
    arguments, where = BAD[name]
    journal = [] if "--journal" in arguments else ["--journal", str(tmp_path / "journal.db")]
    ends = [] if "--listen" in arguments or "--api" in arguments else ANY
    if "--api" in arguments:
        ends = ANY[:2] + ANY[4:]
    if "--listen" in arguments:
        ends = ANY[2:]
    code = main(["controller", *arguments, *ends, *journal])
    told = capsys.readouterr()
    assert code == (1 if name == "no database" else 2), told.err
    assert where in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_a_journal_of_another_floor_is_refused(site, tmp_path):
    controller_, robots = site.controller(), site.simulated_robots()
    controller_.wait_for("running")
    controller_.terminate()
    robots.terminate()
    site.world = "future_park"
    other = site.controller()
    assert other.process.wait(120) == 2
    assert "another floor" in other.said()


def test_loose_keys_are_refused(site):
    (site.keys / "controller.key_secret").chmod(0o644)
    refused = site.controller()
    assert refused.process.wait(120) == 2
    assert "controller.key_secret" in refused.said()


def test_while_the_database_is_gone_nothing_is_acknowledged_and_afterwards_everything_goes_on(site):
    with PostgresServer() as server:
        site.journal = server.url
        controller, robots = site.controller("--audit", "--json"), site.simulated_robots()
        controller.wait_for("running")
        with Operator(site) as anna, Operator(site) as ben:
            anna.add(0, 2)
            controller.wait_for("granting")
            server.stop()
            controller.wait_for("journal_held_up")
            held = ben.client.status()
            assert held.journal.held_up
            late = threading.Thread(target=anna.add, args=(2, 1))
            late.start()
            late.join(3.0)
            assert late.is_alive()  # nobody has acknowledged it
            server.start()
            controller.wait_for("journal_writes_again")
            late.join(60.0)
            assert not late.is_alive()
            ben.until_done(3)
        said, done = ended(controller, robots)
    assert said["orders"] == {"accepted": 3, "done": 3, "open": 0, "rejected": 0, "cancelled": 0}
    assert said["services"] == done["services"] >= 6
    assert said["violations"] == 0


def test_a_damaged_journal_is_refused_and_left_as_it_is(site):
    controller_, robots = site.controller(), site.simulated_robots()
    controller_.wait_for("running")
    controller_.terminate()
    robots.terminate()
    damaged = bytearray(site.journal.read_bytes())
    damaged[len(damaged) // 2 :] = bytes(len(damaged) - len(damaged) // 2)
    site.journal.write_bytes(damaged)
    again = site.controller()
    assert again.process.wait(120) == 2
    assert "journal.db" in again.said()
    assert site.journal.read_bytes() == bytes(damaged)
