"""Errors of calibration.

InputError
├── DriveLogError    a recorded log is malformed, or too short to say anything
└── ModelFileError   a robot model file is malformed, or cannot be written
"""

from __future__ import annotations

from robots.errors import InputError


class DriveLogError(InputError):
    """A recorded log is malformed, or too short to say anything."""


class ModelFileError(InputError):
    """A robot model file is malformed, or cannot be written."""
