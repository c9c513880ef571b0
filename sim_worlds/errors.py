"""Errors of world files.

robots.errors.InputError
└── WorldError    a world file, its map or a generator's parameter is wrong
"""

from __future__ import annotations

from robots.errors import InputError


class WorldError(InputError):
    """A world file, its map or a generator's parameter is wrong."""
