"""The packages of the `web` extra, without which there is no server."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from fleet.app.dashboard.errors import ServerError

_PACKAGES: Final = ("httptools", "prometheus_client", "starlette", "uvicorn", "uvloop", "websockets")


def demand_web() -> None:
    """Raise ServerError unless everything is installed that the server needs."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        problem = f"needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed"
        raise ServerError("futurepark serve", problem, "install the extra: pip install 'futurepark[web]'")
