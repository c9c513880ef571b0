"""Messages to and from frames: what comes back is what was sent, and everything else is refused with its code."""

from __future__ import annotations

import math
import tracemalloc

import msgpack
import msgspec
import pytest

from benchmarks.frames import frame_peak_bytes
from benchmarks.hostile_frames import nested_headers
from benchmarks.sample_messages import order_of, sample_messages
from robots.codec import Decoder, encode
from robots.errors import WIRE_CODES, WireError
from robots.messages import FRAME_TAG, MAX_FRAME_BYTES, FromController, FromGateway, Hb, Pose, PoseReport, Velocity

SAMPLES = sample_messages()
POSE = msgpack.unpackb(encode(SAMPLES["pose"])[1])
STATE = msgpack.unpackb(encode(SAMPLES["state"])[1])
ORDER = msgpack.unpackb(encode(SAMPLES["order"])[1])
HELLO = msgpack.unpackb(encode(SAMPLES["hello"])[1])
BOTH = Decoder(FromGateway | FromController)


def refusal(body, decoder=BOTH):
    """The code of the refusal of a frame, or of a map that is packed first."""
    with pytest.raises(WireError) as refused:
        decoder.decode([FRAME_TAG, body if isinstance(body, bytes) else msgpack.packb(body)])
    assert refused.value.code in WIRE_CODES
    return refused.value.code


def changed(message, **fields):
    return message | fields


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_of_message_comes_back_as_it_was_sent(kind):
    frames = encode(SAMPLES[kind])
    assert frames[0] == FRAME_TAG
    assert BOTH.decode(frames) == SAMPLES[kind]


@pytest.mark.parametrize(
    ("kind", "says_gateway", "says_controller"),
    [
        ("hello", True, False), ("ack", True, False), ("state", True, False), ("pose", True, False),
        ("welcome", False, True), ("order", False, True), ("instant", False, True),
        ("hb", True, True), ("bye", True, True), ("resync", True, True),
    ],
)  # fmt: skip
def test_each_side_may_say_its_own_messages_and_no_other(kind, says_gateway, says_controller):
    frames = encode(SAMPLES[kind])
    for kinds, may in ((FromGateway, says_gateway), (FromController, says_controller)):
        if may:
            assert Decoder(kinds).decode(frames) == SAMPLES[kind]
        else:
            assert refusal(frames[1], Decoder(kinds)) == "unknown_kind"


def test_keys_of_a_newer_version_are_passed_over():
    newer = changed(POSE, wheels=[1, {"left": 2.5}], pose=changed(POSE["pose"], z=1.0, note=None, raw=b"\0"))
    assert BOTH.decode([FRAME_TAG, msgpack.packb(newer)]) == SAMPLES["pose"]


@pytest.mark.parametrize("number", [1, 127, 128, 255, 256, 65535, 65536, -1, -33, -129, -32769])
def test_whole_numbers_of_every_length_serve_as_metres(number):
    body = msgpack.packb(changed(POSE, pose=changed(POSE["pose"], x=number)))
    assert BOTH.decode([FRAME_TAG, body]).pose.x == number


def test_single_precision_serves_too():
    body = msgpack.packb(changed(POSE, pose=changed(POSE["pose"], x=0.5)), use_single_float=True)
    assert BOTH.decode([FRAME_TAG, body]).pose.x == 0.5


@pytest.mark.parametrize("length", [0, 31, 32, 255, 256])
def test_texts_of_every_length_are_read(length):
    bye = changed(msgpack.unpackb(encode(SAMPLES["bye"])[1]), reason="x" * length, unknown="y" * 3 * length)
    assert BOTH.decode([FRAME_TAG, msgpack.packb(bye)]).reason == "x" * length


# What is refused, by code


@pytest.mark.parametrize("frames", [[], [FRAME_TAG], [FRAME_TAG, b"\x80", b""], [b"", FRAME_TAG, b"\x80"]])
def test_a_message_of_other_than_two_frames_is_refused(frames):
    with pytest.raises(WireError, match=r"^frames: "):
        BOTH.decode(frames)


@pytest.mark.parametrize("tag", [b"", b"RG2", b"rg1", b"RG1\0", b"x" * 9000])
def test_another_tag_is_refused(tag):
    with pytest.raises(WireError, match=r"^tag: ") as refused:
        BOTH.decode([tag, encode(SAMPLES["hb"])[1]])
    assert len(refused.value.detail) <= 200


def test_a_frame_may_have_8192_bytes_and_not_one_more():
    filler = MAX_FRAME_BYTES - len(msgpack.packb(changed(POSE, filler=b"\0" * 5000))) + 5000
    fits = msgpack.packb(changed(POSE, filler=b"\0" * filler))
    assert len(fits) == MAX_FRAME_BYTES
    assert BOTH.decode([FRAME_TAG, fits]) == SAMPLES["pose"]
    assert refusal(msgpack.packb(changed(POSE, filler=b"\0" * (filler + 1)))) == "size"


def test_the_largest_order_of_services_goes_into_a_frame():
    order = order_of(31)
    assert BOTH.decode(encode(order)) == order


def test_what_is_too_large_for_a_frame_is_not_sent():
    node = msgspec.structs.replace(
        order_of(1).nodes[0], id="n" * 64, map="m" * 64, actions=order_of(2).nodes[1].actions
    )
    with pytest.raises(WireError, match=r"^size: "):
        encode(msgspec.structs.replace(order_of(1), nodes=(node,) * 64))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"\x81", "malformed"),
        (b"\x81\xa3ms", "malformed"),
        (b"\x81\xa1x\xda\x01", "malformed"),
        (b"\x81\xa1x\xcb\0\0", "malformed"),
        (b"\x81\xa1x\xdb\xff\xff\xff\xff", "malformed"),
        (b"\x81\xa1x\xc6\xff\xff\xff\xff", "malformed"),
        (b"\x81\xa1x\xdd\xff\xff\xff\xff", "malformed"),
        (b"\xdf\xff\xff\xff\xff", "malformed"),
        (b"\xc1", "type"),
        (b"\x81\xa1x\xc1", "malformed"),
        (b"\x81\x01\x01", "malformed"),
        (b"\x81\xc4\x01x\x01", "malformed"),
        (b"\x82\xa1x\x01\xa1x\x02", "malformed"),
        (encode(SAMPLES["hb"])[1] + b"\xc0", "malformed"),
        (encode(SAMPLES["hb"])[1] * 2, "malformed"),
        (encode(SAMPLES["hb"])[1][:-1], "malformed"),
        (b"\x90", "type"),
        (b"\xc0", "type"),
        (b"\xa3msg", "type"),
        (b"\x80", "unknown_kind"),
        (b"\x81\xa3msg\xa3HB!", "unknown_kind"),
        (b"\x81\xa3msg\x01", "unknown_kind"),
        (b"\x81\xa3msg\xa2hb", "type"),
    ],
)
def test_what_is_no_message_is_refused(body, code):
    assert refusal(body) == code


@pytest.mark.parametrize("code", [0, 5, -1])
@pytest.mark.parametrize("length", [0, 1, 2, 4, 8, 16, 17, 300, 7000])
def test_extension_types_are_refused_known_key_or_not(code, length):
    value = msgpack.ExtType(code & 127, bytes(length)) if code >= 0 else msgpack.Timestamp(length)
    assert refusal(changed(POSE, robot=value)) == "ext"
    assert refusal(changed(POSE, unknown=[value])) == "ext"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("single", [False, True])
def test_no_number_and_infinity_are_refused_known_key_or_not(value, single):
    for message in (
        changed(POSE, pose=changed(POSE["pose"], theta=value)),
        changed(POSE, unknown={"a": [value]}),
        changed(STATE, soc=value),
        changed(POSE, seq=value),
    ):
        assert refusal(msgpack.packb(message, use_single_float=single)) == "nan"


@pytest.mark.parametrize("value", [5e-324, -0.0, 1.7976931348623157e308, 3.4e38])
def test_a_number_of_any_size_is_a_number(value):
    assert BOTH.decode([FRAME_TAG, msgpack.packb(changed(POSE, unknown=value))]) == SAMPLES["pose"]


@pytest.mark.parametrize(
    "header", [b"\x91", b"\x81\xa1k", b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff\xa0"]
)
@pytest.mark.parametrize("length", [100, 4096, MAX_FRAME_BYTES])
def test_deep_nesting_is_refused_before_memory_is_given_for_it(header, length):
    frame = nested_headers(length, header)
    assert refusal(frame) == "deep"
    assert frame_peak_bytes(BOTH, frame) <= 64 * 1024


def test_eight_containers_deep_is_deep_enough_for_a_newer_version():
    deepest = [[[[[[[]]]]]]]
    assert BOTH.decode([FRAME_TAG, msgpack.packb(changed(POSE, unknown=deepest))]) == SAMPLES["pose"]
    assert refusal(changed(POSE, unknown=[deepest])) == "deep"


def test_a_map_may_have_64_keys_and_a_frame_1500_values():
    keys = {f"{k:02}": 0 for k in range(64)}
    assert BOTH.decode([FRAME_TAG, msgpack.packb(changed(POSE, unknown=keys))]) == SAMPLES["pose"]
    assert refusal(changed(POSE, unknown=keys | {"one more": 0})) == "size"
    rest = 1500 - 27  # the pose itself, with the list and its key
    assert BOTH.decode([FRAME_TAG, msgpack.packb(changed(POSE, unknown=[0] * rest))]) == SAMPLES["pose"]
    assert refusal(changed(POSE, unknown=[0] * (rest + 1))) == "size"


@pytest.mark.parametrize("text", [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x80", b"\xff", b"\xf4\x90\x80\x80", b"\x80"])
def test_text_that_is_not_utf_8_is_refused(text):
    body = msgpack.packb(changed(POSE, robot="#" * len(text))).replace(b"#" * len(text), text)
    assert refusal(body) == "malformed"


@pytest.mark.parametrize(
    "message",
    [
        changed(POSE, robot=""),
        changed(POSE, robot="x" * 65),
        changed(POSE, seq=-1),
        changed(POSE, seq=2**63),
        changed(POSE, seq=2**64 - 1),
        changed(POSE, t=-(2**63)),
        changed(POSE, pose=changed(POSE["pose"], x=1e6 + 1)),
        changed(POSE, pose=changed(POSE["pose"], x=2**64 - 1)),
        changed(POSE, vel={"v": -101.0}),
        changed(STATE, epoch=2**31),
        changed(STATE, boot=b"\0" * 15),
        changed(STATE, boot=b"\0" * 17),
        changed(STATE, soc=100.1),
        changed(STATE, nodes=[0] * 65),
        changed(STATE, loads=["x"] * 17),
        changed(STATE, mode="automatic"),
        changed(STATE, errors=[{"type": "x", "level": "FATAL", "text": "x" * 257}]),
        changed(ORDER, nodes=[]),
        changed(ORDER, nodes=[ORDER["nodes"][0]] * 33),
        changed(ORDER, edges=[changed(ORDER["edges"][0], vmax=0)]),
        changed(HELLO, robots=HELLO["robots"] * 5),
        changed(HELLO, proto=[1, 65536]),
        changed(HELLO, proto=[1]),
        changed(HELLO, proto=[1, 0, 0]),
    ],
)
def test_values_out_of_bounds_are_refused(message):
    assert refusal(message) == "bounds"


@pytest.mark.parametrize(
    "message",
    [
        changed(POSE, robot=7),
        changed(POSE, robot=b"amr-000"),
        changed(POSE, robot=None),
        changed(POSE, robot=["amr-000"]),
        changed(POSE, seq="1"),
        changed(POSE, seq=1.0),
        changed(POSE, seq=True),
        changed(POSE, t={}),
        changed(POSE, pose=changed(POSE["pose"], x=True)),
        changed(POSE, pose=changed(POSE["pose"], x="1")),
        changed(POSE, pose=[1.0, 2.0, 0.0, "m"]),
        changed(POSE, vel=None),
        changed(STATE, boot="0123456789abcdef"),
        changed(STATE, nodes={}),
        changed(STATE, paused=1),
        changed(HELLO, proto="1.0"),
        {key: value for key, value in POSE.items() if key != "robot"},
        changed(POSE, vel={}),
    ],
)
def test_values_of_another_type_and_missing_ones_are_refused(message):
    assert refusal(message) == "type"


def test_what_a_peer_wrote_cannot_forge_a_line_of_a_log():
    with pytest.raises(WireError) as refused:
        BOTH.decode([FRAME_TAG, msgpack.packb({"msg": "x\n2026-01-01 all is well \x1b[2K" + "y" * 5000})])
    assert refused.value.code == "unknown_kind"
    assert refused.value.detail.isprintable()
    assert refused.value.detail.isascii()
    assert len(refused.value.detail) <= 200
    assert str(refused.value) == f"unknown_kind: {refused.value.detail}"


# Memory


def densest():
    """Frames that take the most memory for their bytes: text that is no Latin letter, in actions within nodes."""
    word = "中"
    for actions, node_count in ((8, 17), (8, 20), (8, 26), (1, 32)):
        for params in ({}, {"map": word}, None):
            action = {"id": word, "type": word} | ({} if params is None else {"params": params})
            node = changed(ORDER["nodes"][0], id=word, map=word, actions=[action] * actions)
            yield msgpack.packb(changed(ORDER, nodes=[node] * node_count, edges=[]))
    yield msgpack.packb(
        changed(STATE, actions=[{"id": word, "status": "RUNNING", "left": 7}] * 64, nodes=[70_000] * 64)
    )
    yield msgpack.packb(changed(HELLO, robots=[{"manufacturer": word, "serial": word}] * 32))
    yield encode(SAMPLES["order (most)"])[1]


def test_no_frame_takes_more_than_64_kib_of_memory():
    assert not tracemalloc.is_tracing()
    peaks = [frame_peak_bytes(BOTH, frame) for frame in densest()]
    assert 16 * 1024 < max(peaks) <= 64 * 1024


def test_negative_zero_and_whole_metres_are_the_same_place():
    pose = PoseReport("a", 1, 2, Pose(0, -0.0, 0, "m"), Velocity(0))
    assert BOTH.decode(encode(pose)) == pose
    assert BOTH.decode(encode(Hb(2**63 - 1, 0, 0))).session == 2**63 - 1
