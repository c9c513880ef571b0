"""Bytes to messages of the API and the feed, and back; whatever the bytes are, an answer or one kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from fleet.app.site.api_messages import (
    API_TAG,
    MAX_REPLY_BYTES,
    MAX_REQUEST_BYTES,
    AnyAsk,
    AnyReply,
    Ask,
    Reply,
)
from fleet.app.site.errors import MessageError
from fleet.app.site.feed_messages import FEED_TAG, MAX_FEED_BYTES, AnyNews, News

_ENCODER: Final = msgspec.msgpack.Encoder()
_ASK: Final[msgspec.msgpack.Decoder[AnyAsk]] = msgspec.msgpack.Decoder(AnyAsk)
_REPLY: Final[msgspec.msgpack.Decoder[AnyReply]] = msgspec.msgpack.Decoder(AnyReply)
_NEWS: Final[msgspec.msgpack.Decoder[AnyNews]] = msgspec.msgpack.Decoder(AnyNews)

_Message = TypeVar("_Message")


class _Id(msgspec.Struct):
    id: str = ""


_ID: Final = msgspec.msgpack.Decoder(_Id)


def encode(message: Ask | Reply) -> list[bytes]:
    """Return the two frames of a request or a reply."""
    return [API_TAG, _ENCODER.encode(message)]


def encode_news(message: News) -> list[bytes]:
    """Return the two frames of a message of the feed."""
    return [FEED_TAG, _ENCODER.encode(message)]


def decode_ask(frames: Sequence[bytes]) -> AnyAsk:
    """Return the request in two frames; raises MessageError."""
    return _decode(_ASK, frames, API_TAG, MAX_REQUEST_BYTES)


def decode_reply(frames: Sequence[bytes]) -> AnyReply:
    """Return the reply in two frames; raises MessageError."""
    return _decode(_REPLY, frames, API_TAG, MAX_REPLY_BYTES)


def decode_news(frames: Sequence[bytes]) -> AnyNews:
    """Return the message of the feed in two frames; raises MessageError."""
    return _decode(_NEWS, frames, FEED_TAG, MAX_FEED_BYTES)


def request_id(frames: Sequence[bytes]) -> str:
    """Return the id of a request that cannot be used otherwise, for its refusal; empty if it cannot be told."""
    if len(frames) != 2 or len(frames[1]) > MAX_REQUEST_BYTES:
        return ""
    try:
        return _ID.decode(frames[1]).id[:64]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""


def _decode(
    decoder: msgspec.msgpack.Decoder[_Message], frames: Sequence[bytes], tag: bytes, most_bytes: int
) -> _Message:
    if len(frames) != 2:
        raise MessageError("malformed", f"the message has {len(frames)} frames, not 2")
    if frames[0] != tag:
        raise MessageError("version", f"the message begins with {frames[0][:8]!r}, not {tag!r}")
    if len(frames[1]) > most_bytes:
        raise MessageError("too_large", f"the message has {len(frames[1])} bytes, more than {most_bytes}")
    try:
        return decoder.decode(frames[1])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as failure:
        raise MessageError("malformed", str(failure)[:200]) from None
