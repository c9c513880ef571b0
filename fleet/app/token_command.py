"""`futurepark token`: who may use the page and its HTTP API, and for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

_Tokens = Annotated[Path, typer.Option("--tokens", metavar="FILE", help="File of the tokens' hashes.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the token's owner.")]


def register(app: typer.Typer) -> None:
    """Add `token` and its commands."""
    group = typer.Typer(help="Make tokens for the page and its API, and take them back.", no_args_is_help=True)
    group.command("new")(new)
    group.command("list")(list_holders)
    group.command("revoke")(revoke)
    app.add_typer(group, name="token")


def new(
    name: _Name,
    *,
    tokens: _Tokens,
    role: Annotated[Literal["viewer", "operator"], typer.Option(help="A viewer reads, an operator acts, too.")],
) -> None:
    """Make a token and print it, once: the file keeps its hash. A running server knows of it within a second."""
    from fleet.app.dashboard.token_file import Role, new_token

    typer.echo(new_token(tokens, name, Role(role)))


def list_holders(
    *,
    tokens: _Tokens,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON instead of a table.")] = False,
) -> None:
    """List who has a token."""
    from fleet.app.dashboard.token_file import read_tokens

    holders = read_tokens(tokens)
    if as_json:
        import msgspec

        found = [{"name": holder.name, "role": holder.role} for holder in holders]
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "role")
    for holder in holders:
        table.add_row(holder.name, holder.role)
    Console().print(table)


def revoke(name: _Name, *, tokens: _Tokens) -> None:
    """Take a token back. A running server lets its owner in no more, within seconds."""
    from fleet.app.dashboard.token_file import revoke_token

    revoke_token(tokens, name)
