"""Models of robots that come with PyBullet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from twin.bullet.client import BulletError


def shipped_model(name: str) -> Path:
    """Return the URDF file of a model of `pybullet_data`, such as "kuka_iiwa/model.urdf".

    Raises BulletError if there is none, or PyBullet is not installed.
    """
    package = find_spec("pybullet_data")
    if package is None or package.origin is None:
        raise BulletError("pybullet", "is not installed", "use Python 3.11, for which it has a wheel")
    path = Path(package.origin).parent / name
    if not path.is_file():
        raise BulletError("pybullet_data", f"has no {name}", "install the version of PyBullet in constraints.txt")
    return path
