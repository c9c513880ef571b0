"""The API and the feed over real sockets: keys, copies, commits, takeovers, and viewers that miss something."""

from __future__ import annotations

import threading
import time

import pytest
import zmq

from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.api_codec import decode_ask, decode_reply, encode
from fleet.app.site.api_messages import NewLine, NewOrder, OrderAdd, OrderCancel, OrderRows, Refused, StatusAsk
from fleet.app.site.api_server import ApiServer
from fleet.app.site.errors import ControllerUnreachableError, MessageError, RefusedError
from fleet.app.site.local_socket import ClientKeys, bind
from fleet.errors import SettingError
from fleet.runtime.clock import WallClock
from robots.errors import InputError
from tests.served_site import SERIALS, Keys, SmallSite, client_of, served, until

PATIENT = ClientParams(answer_s=20.0, give_up_s=60.0)
BRIEF = ClientParams(answer_s=1.0, give_up_s=3.0)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("site") / "keys")


def new(order_id):
    return NewOrder(order_id, (NewLine("bolt", 1, 1.0, 1.0),))


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


@pytest.fixture
def dealer(context):
    """A raw socket to the API of a site without keys, for copies and nonsense."""
    return context.socket(zmq.DEALER)


def answer(dealer):
    assert dealer.poll(60_000)
    return decode_reply(dealer.recv_multipart())


def test_an_operator_does_everything_over_an_encrypted_connection(keys):
    with served(keys) as site, client_of(site.endpoint, keys, "anna", PATIENT) as client:
        assert [result.outcome for result in client.add_orders([new("a"), new("b")])] == ["accepted"] * 2
        assert [row.order for row in client.orders().rows] == ["a", "b"]
        assert client.prioritise_order("a", 5, 60.0).outcome == "prioritised"
        assert client.order("a").order.priority == 5
        assert [(row.order, row.task.task) for row in client.tasks("open", after=0, limit=1).rows] == [("b", 1)]
        assert client.cancel_orders(["a"])[0].outcome == "cancelled"
        assert client.act('{"do": "e_stop", "floor": true}') == 1
        assert client.status().zones[0].by == "anna"
        assert client.snapshot().roster.serials == SERIALS


def test_a_viewer_reads_and_changes_nothing(keys):
    with served(keys) as site, client_of(site.endpoint, keys, "ben", PATIENT) as client:
        assert client.status().world == "small"
        assert client.orders().rows == ()
        assert client.tasks().rows == ()
        assert client.robot(SERIALS[2]).robot == SERIALS[2]
        for change in (
            lambda: client.add_orders([new("a")]),
            lambda: client.cancel_orders(["a"]),
            lambda: client.prioritise_order("a", 1, None),
            lambda: client.act('{"do": "fire"}'),
        ):
            with pytest.raises(RefusedError, match="ben is a viewer"):
                change()
        assert site.site.pool.counts()["orders"]["accepted"] == 0
        with pytest.raises(RefusedError, match="unknown_order"):
            client.order("a")
        with pytest.raises(RefusedError, match="unknown_robot"):
            client.robot("amr-999")


@pytest.mark.parametrize("name", ["gw-1", "eve"])
def test_who_is_not_on_the_list_for_it_does_not_get_in(keys, name):
    with served(keys) as site, client_of(site.endpoint, keys, name, BRIEF) as client:
        with pytest.raises(ControllerUnreachableError, match="it does not admit this key"):
            client.status()
        assert site.carried_out == []


def test_a_client_without_keys_does_not_get_in(keys):
    with served(keys) as site, client_of(site.endpoint, params=BRIEF) as client:
        with pytest.raises(ControllerUnreachableError):
            client.status()
        assert site.carried_out == []


def test_a_client_that_expects_another_controller_talks_to_nobody(keys, tmp_path):
    others = Keys(tmp_path / "keys")
    with served(keys) as site, client_of(site.endpoint, others, "anna", BRIEF) as client:
        with pytest.raises(ControllerUnreachableError):
            client.status()
        assert site.carried_out == []


def test_nothing_is_acknowledged_before_it_is_committed(dealer):
    with served() as site:
        dealer.connect(site.endpoint)
        site.site.held_up = True
        dealer.send_multipart(encode(OrderAdd(id="request-1", orders=(new("a"),))))
        until(lambda: len(site.carried_out) == 1)
        dealer.send_multipart(encode(StatusAsk(id="request-2")))
        reply = answer(dealer)
        assert (reply.id, reply.site.journal.held_up) == ("request-2", True)
        assert not dealer.poll(100)
        site.site.held_up = False
        assert answer(dealer).id == "request-1"


def test_a_copy_is_answered_the_same_and_carried_out_once(dealer):
    with served() as site:
        dealer.connect(site.endpoint)
        request = encode(OrderCancel(id="request-1", orders=("a",)))
        dealer.send_multipart(request)
        assert dealer.poll(60_000)
        first = dealer.recv_multipart()
        for _ in range(3):
            dealer.send_multipart(request)
            assert dealer.poll(60_000)
            assert dealer.recv_multipart() == first
        assert len(site.carried_out) == 1


def test_a_request_that_gets_no_answer_is_sent_again_and_carried_out_once():
    with served() as site, client_of(site.endpoint, params=ClientParams(answer_s=0.2, give_up_s=60)) as client:
        site.answering = False

        def answer_later():
            until(lambda: len(site.carried_out) == 1)
            time.sleep(0.5)
            site.answering = True

        thread = threading.Thread(target=answer_later)
        thread.start()
        assert client.add_orders([new("a")])[0].outcome == "accepted"
        thread.join()
        assert len(site.carried_out) == 1


def test_nonsense_gets_an_answer_and_does_no_harm(dealer):
    with served() as site:
        dealer.connect(site.endpoint)
        for frames in ([b"RA1", b"\xc1"], [b"RA9", b""], [b"RA1"], [b"RA1", *([b"x"] * 50)], [b""]):
            dealer.send_multipart(frames)
            reply = answer(dealer)
            assert isinstance(reply, Refused)
            assert reply.code in ("malformed", "version")
        dealer.send_multipart(encode(StatusAsk(id="request-1")))
        assert answer(dealer).id == "request-1"
        assert site.carried_out[0].user == "local"


def test_a_request_that_is_too_large_ends_its_connection_and_nothing_else(dealer):
    with served() as site:
        dealer.connect(site.endpoint)
        dealer.send_multipart([b"RA1", bytes(2**20 + 2**16)])
        with client_of(site.endpoint, params=PATIENT) as client:
            assert client.status().world == "small"
        assert [request.ask.__struct_config__.tag for request in site.carried_out] == ["status"]
        # Not even refused: it was never read.
        assert not dealer.poll(300)
        assert site.api.desk.refusals == {}


def test_a_client_that_does_not_read_holds_nobody_up(dealer):
    with served() as site:
        dealer.setsockopt(zmq.RCVHWM, 1)
        dealer.connect(site.endpoint)
        for number in range(300):
            dealer.send_multipart(encode(StatusAsk(id=f"request-{number}")))
        with client_of(site.endpoint, params=PATIENT) as client:
            for _ in range(20):
                assert client.status().world == "small"


def test_when_a_controller_is_gone_the_standby_is_asked_with_the_same_request():
    with served() as standby:
        with served() as leader, client_of([leader.endpoint, standby.endpoint], params=PATIENT) as client:
            assert client.add_orders([new("a")])[0].outcome == "accepted"
            assert client.endpoint == leader.endpoint
            leader.stop()
            assert client.add_orders([new("b")])[0].outcome == "accepted"
            assert client.endpoint == standby.endpoint
            assert client.add_orders([new("c")])[0].outcome == "accepted"
        assert [view.order.id for view in standby.site.pool.orders()] == ["b", "c"]


def test_a_controller_that_does_not_lead_sends_its_clients_on():
    class NotLeading:
        def reply(self, request, now_s):
            return Refused("", code="not_leading", problem="another one leads")

    with served() as standby, served() as leader:
        standby.requests = NotLeading()
        with client_of([standby.endpoint, leader.endpoint], params=PATIENT) as client:
            assert client.add_orders([new("a")])[0].outcome == "accepted"
            assert client.endpoint == leader.endpoint
        with (
            client_of(standby.endpoint, params=BRIEF) as client,
            pytest.raises(ControllerUnreachableError, match="not_leading, another one leads"),
        ):
            client.status()


def test_a_busy_controller_is_asked_again():
    site = SmallSite()
    with served(site=site) as server:
        ready = server.requests

        class BusyOnce:
            times = 0

            def reply(self, request, now_s):
                self.times += 1
                return Refused("", code="busy", problem="later") if self.times < 3 else ready.reply(request, now_s)

        server.requests = BusyOnce()
        with client_of(server.endpoint, params=PATIENT) as client:
            assert client.status().world == "small"


def test_where_nobody_listens_that_is_said_soon(tmp_path):
    with client_of([f"ipc://{tmp_path}/none", "tcp://127.0.0.1:9"], params=BRIEF) as client:
        with pytest.raises(ControllerUnreachableError) as failure:
            client.status()
        assert f"ipc://{tmp_path}/none: nobody listens there" in str(failure.value)
        assert "tcp://127.0.0.1:9: nobody listens there" in str(failure.value)


def test_an_answer_of_another_kind_is_no_answer():
    class Confused:
        def reply(self, request, now_s):
            return SmallSite().requests.reply(type(request)("x", StatusAsk(id="request-1"), b"", b""), now_s)

    with served() as site, client_of(site.endpoint, params=PATIENT) as client:
        site.requests = Confused()
        with pytest.raises(MessageError, match="the answer to order_list is a StatusIs"):
            client.orders()


def test_an_answer_to_something_else_is_passed_over(context):
    router = bind(context, zmq.ROUTER, "tcp://127.0.0.1:0", None, {}, "--api")

    def serve():
        route, *frames = router.recv_multipart()
        ask = decode_ask(frames)
        for reply in (OrderRows("another-request", (), more=True), OrderRows(ask.id, ())):
            router.send_multipart([route, *encode(reply)])

    thread = threading.Thread(target=serve)
    thread.start()
    with client_of(router.getsockopt_string(zmq.LAST_ENDPOINT), params=PATIENT) as client:
        assert client.orders().more is False
    thread.join()
    router.close(linger=0)


def test_the_api_works_over_ipc_in_a_folder_of_ones_own(tmp_path):
    tmp_path.chmod(0o700)
    api, feed = f"ipc://{tmp_path}/api", f"ipc://{tmp_path}/feed"
    with served(api=api, feed=feed), client_of(api, params=PATIENT) as client:
        assert client.snapshot().feed == feed


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("", "is no endpoint"),
        ("tcp://", "is no endpoint"),
        ("tcp://127.0.0.1", "is no endpoint"),
        ("tcp://127.0.0.1:x", "is no endpoint"),
        ("tcp://127.0.0.1:70000", "is no endpoint"),
        ("udp://127.0.0.1:5", "is no endpoint"),
        ("ipc://", "is no endpoint"),
        ("ipc:///" + "x" * 200, "is no endpoint"),
        ("ipc:///a\0b", "is no endpoint"),
        ("tcp://0.0.0.0:0", "can be reached from other machines"),
        ("tcp://*:0", "can be reached from other machines"),
        ("tcp://192.0.2.1:0", "can be reached from other machines"),
        ("tcp://example:0", "can be reached from other machines"),
        ("ipc:///no/such/folder/api", "there is no folder"),
    ],
)
def test_an_endpoint_that_will_not_do_without_keys_is_refused(endpoint, says, context):
    with pytest.raises(SettingError, match=says):
        ApiServer(context, endpoint, None, None)


def test_a_folder_that_others_may_enter_is_refused_without_keys(tmp_path, context):
    tmp_path.chmod(0o750)
    with pytest.raises(SettingError, match="has mode 0750"):
        ApiServer(context, f"ipc://{tmp_path}/api", None, None)


def test_an_address_that_is_taken_is_refused():
    with served() as site, pytest.raises(SettingError, match="cannot be bound"):
        ApiServer(site.context, site.endpoint, None, None)


def test_an_api_has_a_guard_and_users_or_neither(context):
    with pytest.raises(ValueError, match="neither"):
        ApiServer(context, "tcp://127.0.0.1:0", lambda socket: None, None)


def test_a_client_needs_an_endpoint_that_is_one(context):
    for endpoints in ([], ["nowhere"]):
        with pytest.raises(SettingError):
            ApiClient(context, endpoints, None, WallClock())


def test_key_files_are_checked_before_anything_is_sent(keys, tmp_path):
    loose = tmp_path / "keys"
    loose.mkdir(mode=0o700)
    for name in ("anna.key_secret", "controller.key"):
        (loose / name).write_bytes((keys.folder / name).read_bytes())
    (loose / "anna.key_secret").chmod(0o644)
    with pytest.raises(InputError, match="others may read"):
        ClientKeys.load(loose, "anna")
