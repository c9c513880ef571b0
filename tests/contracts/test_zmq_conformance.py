"""ZmqDriver passes the driver conformance kit: with keys, over real sockets, with a gateway of kinematic robots."""

from __future__ import annotations

import pytest

from robots import conformance
from tests.wired_fleet import WiredFleet, keyed_site, serials
from twin.link import LinkParams


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_zmq_driver_conforms(check, tmp_path):
    with keyed_site(tmp_path / "keys", {"gw-1": serials(conformance.rig().start.robots)}) as site:
        fleets = []

        def make(rig):
            fleets.append(WiredFleet(rig, site, link=LinkParams()))
            return fleets[-1]

        try:
            check(make)
        finally:
            for fleet in fleets:
                fleet.close()
        for fleet in fleets:
            record = fleet.driver.record
            assert record.received == record.accepted, record.refused
            assert not record.noted
