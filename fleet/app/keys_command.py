"""`futurepark keys`: who may connect to a controller, and with which key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

_Keys = Annotated[Path, typer.Option("--keys", metavar="DIR", help="Folder of the keys and the allow-list.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the peer.")]


def register(app: typer.Typer) -> None:
    """Add `keys` and its commands."""
    group = typer.Typer(help="Make keys, and say who may connect with them.", no_args_is_help=True)
    group.command("new")(new)
    group.command("allow")(allow)
    group.command("revoke")(revoke)
    group.command("list")(list_peers)
    app.add_typer(group, name="keys")


def new(name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the key's owner.")], *, keys: _Keys) -> None:
    """Make a key: NAME.key_secret, which never leaves its machine, and NAME.key. The controller's is `controller`."""
    from robots.gateways.keys import load_key, new_key

    secret_file = new_key(keys, name)
    typer.echo(f"{secret_file.with_suffix('.key')}: {load_key(secret_file).public.decode()}")


def allow(
    name: _Name,
    *,
    keys: _Keys,
    key: Annotated[str, typer.Option(metavar="FILE|Z85", help="The peer's public key: its .key file, or its text.")],
    role: Annotated[Literal["gateway", "operator", "viewer"], typer.Option(help="What the peer may be.")],
    robots: Annotated[
        str, typer.Option(metavar="SPEC", help="Robots of a gateway, as amr-000:amr-019,amr-042 (both ends are in).")
    ] = "",
) -> None:
    """Let a peer connect, or change its role and robots; a running controller knows of it within a second."""
    import re

    from fleet.app.serials import parse_serials
    from fleet.errors import SettingError
    from robots.gateways import allow_list_edits
    from robots.gateways.allow_list import Peer
    from robots.gateways.keys import NAME_PATTERN, is_key, load_public_key

    if not re.match(NAME_PATTERN, name):
        raise SettingError(
            "NAME", f"{name!r} cannot be a name", "use up to 64 letters, digits, dots, dashes, underscores"
        )
    if (role == "gateway") != bool(robots):
        problem = "a gateway speaks for some robot" if role == "gateway" else f"a {role} speaks for no robots"
        raise SettingError("--robots", problem, "give robots to gateways, and to nobody else")
    public_key = key if is_key(key) else load_public_key(Path(key)).decode()
    allow_list_edits.allow(keys, Peer(name, public_key, role, parse_serials(robots, "--robots")))


def revoke(name: _Name, *, keys: _Keys) -> None:
    """Shut a peer out for ever. A running controller hears nothing more of it within a second."""
    from robots.gateways import allow_list_edits

    if not allow_list_edits.revoke(keys, name):
        typer.echo(f"{name} was revoked before")


def list_peers(
    *,
    keys: _Keys,
    as_json: Annotated[bool, typer.Option("--json", help="Print the peers as JSON instead of a table.")] = False,
) -> None:
    """List who may connect, and who was revoked."""
    import msgspec

    from robots.gateways.allow_list import FILE_NAME, read_peers

    peers = read_peers(keys / FILE_NAME)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(peers), indent=2).decode())
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from fleet.app.serials import format_serials

    table = Table("peer", "role", "robots")
    table.add_column("public key", no_wrap=True)
    for peer in peers:
        role = "revoked" if peer.revoked else peer.role
        table.add_row(peer.name, role, escape(format_serials(peer.robots)), escape(peer.public_key))
    Console().print(table)
