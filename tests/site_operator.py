"""An operator of a site that runs in processes of its own."""

from __future__ import annotations

import json
import time

import zmq

from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.api_messages import NewLine, NewOrder
from fleet.app.site.local_socket import ClientKeys
from fleet.runtime.clock import WallClock


class Operator:
    """Anna, who adds orders and looks at them, whoever leads."""

    def __init__(self, site, *endpoints):
        self.context = zmq.Context()
        keys = ClientKeys.load(site.keys, "anna")
        params = ClientParams(answer_s=5.0, give_up_s=90.0)
        self.client = ApiClient(self.context, endpoints or (site.api,), keys, WallClock(), params=params)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.context.term()

    def add(self, first, count):
        orders = [NewOrder(f"O{n}", (NewLine(f"sku-{n}", 1, 1.0, 0.5),)) for n in range(first, first + count)]
        results = self.client.add_orders(orders)
        assert [result.outcome for result in results] == ["accepted"] * count
        return [order.id for order in orders]

    def counts(self):
        return self.client.status().counts

    def until_done(self, count):
        until_s = time.monotonic() + 240
        while (counts := self.counts())["tasks"]["done"] < count:
            assert time.monotonic() < until_s, counts
            time.sleep(0.2)
        return counts


def ended(controller, robots):
    """What both say of themselves when they are asked to end."""
    return json.loads(controller.terminate()), json.loads(robots.terminate())
