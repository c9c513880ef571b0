"""A photo-eye: a beam of light across a belt, and whether something is in it."""

from __future__ import annotations

from twin.bullet.client import BulletClient
from twin.bullet.frames import Vector


class PhotoEye:
    """A beam from one point to another, in metres.

    It must touch nothing that stands there, such as the belt or its guides, and sees any body that comes between.
    """

    def __init__(self, client: BulletClient, sender: Vector, receiver: Vector) -> None:
        self._client = client
        self._sender, self._receiver = sender, receiver

    @property
    def interrupted(self) -> bool:
        """Whether a body is in the beam now."""
        return bool(self._client.rayTest(self._sender, self._receiver)[0][0] >= 0)
