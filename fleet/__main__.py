"""The `futurepark` command, which is `python -m fleet`, too."""

from __future__ import annotations

import sys

from fleet.app.interrupts import INTERRUPTED, remember_interrupts


def main() -> int:
    """Run the command line and return its exit code."""
    remember_interrupts()
    try:
        # Here, not above: these imports are where an interrupt is lost.
        from fleet.app import main as command_line

        return command_line.main()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
