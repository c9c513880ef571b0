"""The world of a cell in Bullet: a floor, fixtures, boxes that come and go, welds; it can be read out and put back.

Bullet keeps a past that it does not tell: contacts of the step before, the order in which bodies came and went. What
it saves itself brings that back only while nothing was ever removed. So there is another way here, which is exact:
`restore` makes all boxes and welds anew from a `WorldState`, and a world that has gone through `restore` goes on as
every other world does that has gone through it with the same state, in any process. See `twin.cells.keyframed_cell`.

That holds while fixtures do not touch one another, and motors of arms are told what to do before each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import atan2, cos, dist, sin
from typing import Final

import msgspec

from twin.bullet.client import BulletClient, quiet
from twin.bullet.frames import Quaternion, Vector
from twin.cells.station_cell import STEP_S

GRAVITY_MPS2: Final = 9.81
UPRIGHT: Final[Quaternion] = (0.0, 0.0, 0.0, 1.0)
_NOWHERE: Final[Vector] = (0.0, 0.0, 0.0)


class BoxState(msgspec.Struct, frozen=True, array_like=True):
    """A box, what it is and how it moves: metres, kg, m/s, rad/s, in the world's frame (z up).

    mass_kg   0 for a box that stays where it is put
    position  of its centre
    friction  of its faces; that of a contact is the product of two
    """

    size_m: Vector
    mass_kg: float
    position: Vector
    rotation: Quaternion = UPRIGHT
    velocity: Vector = _NOWHERE
    spin: Vector = _NOWHERE
    friction: float = 0.5


class WeldState(msgspec.Struct, frozen=True, array_like=True):
    """A box that hangs at a link of a fixture.

    position, rotation  of the box's centre, in the frame of the link's centre of mass
    force_n             by which it hangs at most, along each axis
    """

    fixture: int
    link: int
    position: Vector
    rotation: Quaternion
    force_n: float


class WorldState(msgspec.Struct, frozen=True, array_like=True):
    """All that goes on in a world: boxes and welds by name, and places and speeds of all joints, fixture by fixture."""

    boxes: dict[int, BoxState]
    welds: dict[int, WeldState]
    joints: dict[int, list[tuple[float, float]]]


class CellWorld:
    """A client of Bullet with gravity and a level floor, in steps of STEP_S. Boxes are named by numbers of the caller.

    client   for fixtures of the caller: bodies that are made once, before any box, and stay
    """

    def __init__(self) -> None:
        self.client = BulletClient()
        with quiet():
            # Where the solver may stop early carries over from the step before: a past that no state tells.
            self.client.setPhysicsEngineParameter(
                fixedTimeStep=STEP_S, deterministicOverlappingPairs=1, solverResidualThreshold=0.0
            )
            self.client.setGravity(0.0, 0.0, -GRAVITY_MPS2)
            floor = self.client.createMultiBody(0.0, self.client.createCollisionShape(self.client.GEOM_PLANE))
            self.client.changeDynamics(floor, -1, lateralFriction=1.0)
        self._joints: dict[int, list[int]] = {}
        self._boxes: dict[int, tuple[int, BoxState]] = {}
        self._welds: dict[int, tuple[int, WeldState]] = {}

    def add_fixed_box(
        self, size_m: Vector, position: Vector, rotation: Quaternion = UPRIGHT, friction: float = 1.0
    ) -> int:
        """Make a box that never moves part of the cell; return Bullet's number of it."""
        return self._make(BoxState(size_m, 0.0, position, rotation, friction=friction))

    def add_jointed(self, fixture: int, joints: list[int]) -> None:
        """Let places and speeds of these joints of a fixture be part of the state."""
        self._joints[fixture] = joints

    # Boxes

    def __contains__(self, name: int) -> bool:
        return name in self._boxes

    def __iter__(self) -> Iterator[int]:
        """Names of all boxes, in the order in which they came."""
        return iter(self._boxes)

    def put(self, name: int, box: BoxState) -> None:
        """Put a box into the world; one of that name that is there already is replaced."""
        if name in self._boxes:
            self.take(name)
        number = self._make(box)
        if box.mass_kg:
            self.client.resetBaseVelocity(number, box.velocity, box.spin)
        self._boxes[name] = number, box

    def take(self, name: int) -> BoxState:
        """Take a box out of the world, off its weld first; return how it was last."""
        box = self.box(name)
        if name in self._welds:
            self.unweld(name)
        self.client.removeBody(self._boxes.pop(name)[0])
        return box

    def box(self, name: int) -> BoxState:
        """Return a box as it is now."""
        number, box = self._boxes[name]
        if not box.mass_kg:
            return box
        position, rotation = self.client.getBasePositionAndOrientation(number)
        velocity, spin = self.client.getBaseVelocity(number)
        return BoxState(box.size_m, box.mass_kg, position, rotation, velocity, spin, box.friction)

    def place(self, name: int) -> tuple[Vector, Quaternion]:
        """Return where the centre of a box is, and its attitude."""
        found: tuple[Vector, Quaternion] = self.client.getBasePositionAndOrientation(self._boxes[name][0])
        return found

    def number(self, name: int) -> int:
        """Return Bullet's number of a box, until the next `restore`."""
        return self._boxes[name][0]

    # Welds

    @property
    def welded(self) -> tuple[int, ...]:
        """Names of the boxes that hang at a fixture."""
        return tuple(self._welds)

    def weld(self, name: int, fixture: int, link: int, force_n: float) -> None:
        """Hang a box at a link, as the two are now."""
        found = self.client.getLinkState(fixture, link, computeForwardKinematics=1)
        inverse = self.client.invertTransform(found[0], found[1])
        position, rotation = self.client.multiplyTransforms(*inverse, *self.place(name))
        self._weld(name, WeldState(fixture, link, position, rotation, force_n))

    def weaken(self, name: int, force_n: float) -> None:
        """Have a weld hold so much less than it did."""
        number, weld = self._welds[name]
        less = msgspec.structs.replace(weld, force_n=max(0.0, weld.force_n - force_n))
        self.client.changeConstraint(number, maxForce=less.force_n)
        self._welds[name] = number, less

    def unweld(self, name: int) -> None:
        """Let a box go."""
        self.client.removeConstraint(self._welds.pop(name)[0])

    def weld_slide(self, name: int) -> float:
        """Return how far a box has slid from where it was welded, metres."""
        weld = self._welds[name][1]
        found = self.client.getLinkState(weld.fixture, weld.link, computeForwardKinematics=1)
        meant, _ = self.client.multiplyTransforms(found[0], found[1], weld.position, weld.rotation)
        return dist(meant, self.place(name)[0])

    # All of it

    def step(self) -> None:
        """Simulate STEP_S."""
        self.client.stepSimulation()

    def state(self) -> WorldState:
        """Return all that goes on."""
        return WorldState(
            {name: self.box(name) for name in self._boxes},
            {name: weld for name, (_, weld) in self._welds.items()},
            {
                fixture: [joint[:2] for joint in self.client.getJointStates(fixture, joints)]
                for fixture, joints in self._joints.items()
            },
        )

    def restore(self, state: WorldState) -> None:
        """Go on from a state of a world with the same fixtures, in place of what there is."""
        for name in reversed(tuple(self._welds)):
            self.unweld(name)
        for name in reversed(tuple(self._boxes)):
            self.client.removeBody(self._boxes.pop(name)[0])
        for fixture, joints in self._joints.items():
            for joint, (place, speed) in zip(joints, state.joints[fixture], strict=True):
                self.client.resetJointState(fixture, joint, place, speed)
        for name, box in state.boxes.items():
            self.put(name, box)
        for name, weld in state.welds.items():
            self._weld(name, weld)

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
        self.client.close()

    def _make(self, box: BoxState) -> int:
        client = self.client
        half = tuple(edge / 2 for edge in box.size_m)
        shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=half)
        number: int = client.createMultiBody(box.mass_kg, shape, -1, box.position, box.rotation)
        client.changeDynamics(number, -1, lateralFriction=box.friction)
        return number

    def _weld(self, name: int, weld: WeldState) -> None:
        client = self.client
        number: int = client.createConstraint(
            weld.fixture,
            weld.link,
            self._boxes[name][0],
            -1,
            client.JOINT_FIXED,
            (0.0, 0.0, 0.0),
            weld.position,
            (0.0, 0.0, 0.0),
            weld.rotation,
        )
        client.changeConstraint(number, maxForce=weld.force_n)
        self._welds[name] = number, weld


def yaw_of(rotation: Quaternion) -> float:
    """Return by how much something upright is turned to the left, radians."""
    x, y, z, w = rotation
    return atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def turned(yaw: float) -> Quaternion:
    """Return the attitude of something upright that is turned to the left."""
    return 0.0, 0.0, sin(yaw / 2), cos(yaw / 2)
