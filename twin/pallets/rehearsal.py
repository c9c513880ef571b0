"""Takes a pallet apart in PyBullet, to see what the plan does to the boxes that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist, hypot
from typing import TYPE_CHECKING, Final

from twin.cells.station_cell import STEP_S
from twin.pallets.mixed_pallet import DECK_M, PALLET_HEIGHT_M, Box, MixedPallet
from twin.pallets.picking import Pick

if TYPE_CHECKING:
    from twin.bullet.client import BulletClient

_GRAVITY_MPS2: Final = 9.81
_FRICTION: Final = 0.5  # of cardboard on cardboard
_ITERATIONS: Final = 150  # of the solver: piles are high
_SETTLE_S: Final = 0.5
_AFTER_S: Final = 0.1  # after each pick, and again while something moves
_LONGEST_S: Final = 2.0
_STILL_MPS: Final = 0.05
_LIFT_MPS: Final = 0.3
_GRIP_N: Final = 2000.0
_FALLEN_M: Final = 0.05  # who goes down so far has fallen

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happened to the boxes on a pallet while it was taken apart. Lengths in metres.

    settled_m  how far a box moved, at most, when the pile was left to gravity
    moved_m    for each pick, how far a box that stayed moved, at most, while that box was taken
    shifted_m  how far a box was, at most, from where it had settled, when its turn came
    fallen     ids of boxes that fell
    """

    settled_m: float
    moved_m: tuple[float, ...]
    shifted_m: float
    fallen: frozenset[int]


def rehearse(pallet: MixedPallet, picks: Sequence[Pick], *, friction: float = _FRICTION) -> Rehearsal:
    """Simulate the unloading of a pallet at 240 Hz: gravity, friction, boxes held by the middle of their upper face.

    Each box is lifted straight up by what the plan says, then it is out of the way. Raises BulletError if PyBullet is
    not installed. Bit-identical for the same arguments.
    """
    from twin.bullet.client import BulletClient

    client = BulletClient()
    try:
        return _rehearsed(client, pallet, picks, friction)
    finally:
        client.close()


def _rehearsed(client: BulletClient, pallet: MixedPallet, picks: Sequence[Pick], friction: float) -> Rehearsal:
    _new_world(client, friction)
    bodies = {box.id: _new_body(client, box, friction) for box in pallet.boxes}
    began = _places(client, bodies)
    _run(client, _SETTLE_S)
    _rest(client, bodies)
    settled = _places(client, bodies)
    moved, shifted = [], 0.0
    fallen = {box for box in bodies if settled[box][2] < began[box][2] - _FALLEN_M}
    for pick in picks:
        before = _places(client, bodies)
        shifted = max(shifted, dist(before[pick.box], settled[pick.box]))
        _lift(client, bodies.pop(pick.box), before[pick.box], pick.lift_m)
        _rest(client, bodies)
        after = _places(client, bodies)
        moved.append(max((dist(after[box], before[box]) for box in bodies), default=0.0))
        fallen |= {box for box in bodies if after[box][2] < before[box][2] - _FALLEN_M}
    settling = max((dist(settled[box], began[box]) for box in began), default=0.0)
    return Rehearsal(settling, tuple(moved), shifted, frozenset(fallen))


def _new_world(client: BulletClient, friction: float) -> None:
    client.setPhysicsEngineParameter(
        fixedTimeStep=STEP_S, numSolverIterations=_ITERATIONS, deterministicOverlappingPairs=1
    )
    client.setGravity(0.0, 0.0, -_GRAVITY_MPS2)
    half = (DECK_M[0] / 2, DECK_M[1] / 2, PALLET_HEIGHT_M / 2)
    shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=half)
    deck = client.createMultiBody(0.0, shape, basePosition=(half[0], half[1], -half[2]))
    client.changeDynamics(deck, -1, lateralFriction=friction)


def _new_body(client: BulletClient, box: Box, friction: float) -> int:
    length, width, height = box.parcel.size_m
    shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=(length / 2, width / 2, height / 2))
    middle = (box.x_m + length / 2, box.y_m + width / 2, box.z_m + height / 2)
    body: int = client.createMultiBody(box.parcel.mass_kg, shape, basePosition=middle)
    # Friction of a contact is the product of two.
    client.changeDynamics(body, -1, lateralFriction=friction**0.5, restitution=0.0)
    return body


def _lift(client: BulletClient, body: int, place: Place, by_m: float) -> None:
    """Lift a body straight up and take it away."""
    upright = client.getBasePositionAndOrientation(body)[1]
    grip = client.createConstraint(
        body, -1, -1, -1, client.JOINT_FIXED, (0, 0, 0), (0, 0, 0), place, (0, 0, 0, 1), upright
    )
    steps = max(1, round(by_m / _LIFT_MPS / STEP_S))
    for step in range(1, steps + 1):
        height = place[2] + by_m * step / steps
        client.changeConstraint(grip, (place[0], place[1], height), upright, maxForce=_GRIP_N)
        client.stepSimulation()
    client.removeConstraint(grip)
    client.removeBody(body)


def _rest(client: BulletClient, bodies: dict[int, int]) -> None:
    """Wait for what falls."""
    for _ in range(round(_LONGEST_S / _AFTER_S)):
        _run(client, _AFTER_S)
        if all(hypot(*client.getBaseVelocity(body)[0]) < _STILL_MPS for body in bodies.values()):
            return


def _run(client: BulletClient, seconds: float) -> None:
    for _ in range(round(seconds / STEP_S)):
        client.stepSimulation()


def _places(client: BulletClient, bodies: dict[int, int]) -> dict[int, Place]:
    """Where the middles of boxes are, by id."""
    return {box: client.getBasePositionAndOrientation(body)[0] for box, body in bodies.items()}
