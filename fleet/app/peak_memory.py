"""The most memory that this process ever held."""

from __future__ import annotations

import resource
import sys

# getrusage counts in kibibytes, except on macOS, where it counts in bytes.
_UNITS_A_MB = 2**20 if sys.platform == "darwin" else 2**10


def peak_rss_mb() -> float:
    """Peak resident memory in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_A_MB
