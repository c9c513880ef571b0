"""The options by which commands find and reach a running controller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from fleet.app.site.api_client import ApiClient, ClientParams
    from fleet.app.site.feed_reader import FeedReader

UNREACHABLE: Final = 3

Connect = Annotated[
    str,
    typer.Option(
        "--connect",
        envvar="FUTUREPARK_API",
        help="The controller's API, tcp://HOST:PORT or ipc://PATH; with standbys, all of them with commas between.",
    ),
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", envvar="FUTUREPARK_KEYS", help="Folder with your key and the controller's public one."),
]
As = Annotated[
    str, typer.Option("--as", envvar="FUTUREPARK_USER", help="Your name: that of your key, if there are keys.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextmanager
def connected(connect: str, keys: Path | None, name: str, params: ClientParams | None = None) -> Iterator[ApiClient]:
    """Give a client for these options; exit with code 3 if no controller answers it.

    Raises InputError for options and keys that cannot be used.
    """
    with _client(connect, keys, name, params) as (client, _):
        yield client


@contextmanager
def following(connect: str, keys: Path | None, name: str, params: ClientParams) -> Iterator[FeedReader]:
    """Give a reader of the feed of the controller that these options mean."""
    with _client(connect, keys, name, params) as (_, reader), reader:
        yield reader


@contextmanager
def _client(
    connect: str, keys: Path | None, name: str, params: ClientParams | None
) -> Iterator[tuple[ApiClient, FeedReader]]:
    import zmq

    from fleet.app.site.api_client import ApiClient, ClientParams
    from fleet.app.site.errors import ControllerUnreachableError
    from fleet.app.site.feed_reader import FeedReader
    from fleet.app.site.local_socket import ClientKeys
    from fleet.errors import SettingError
    from fleet.runtime.clock import WallClock

    if not connect:
        remedy = "give --connect tcp://HOST:PORT, or set FUTUREPARK_API"
        raise SettingError("--connect", "names no controller", remedy)
    if keys is not None and not name:
        raise SettingError("--as", "is needed with --keys", "give the name of your key, or set FUTUREPARK_USER")
    own = None if keys is None else ClientKeys.load(keys, name)
    endpoints = [endpoint.strip() for endpoint in connect.split(",")]
    clock = WallClock()
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        with ApiClient(context, endpoints, own, clock, user=name, params=params or ClientParams()) as client:
            yield client, FeedReader(context, client, own, clock)
    except ControllerUnreachableError as failure:
        typer.echo(f"error: {failure}\n  see whether it runs, and whether the address and the keys are right", err=True)
        raise typer.Exit(UNREACHABLE) from None
    finally:
        context.destroy(linger=0)
