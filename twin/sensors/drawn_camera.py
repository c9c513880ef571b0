"""A depth camera over a bay with a drawn heap: for runs with hundreds of cages."""

from __future__ import annotations

import numpy as np

from robots.depth_cameras import BayCamera
from robots.readings import DepthImage
from twin.sensors.depth_faults import DepthFaults, DepthSensor, mounted
from twin.sensors.drawn_depth import drawn_depth
from twin.sensors.drawn_heap import DrawnHeap


class DrawnCamera:
    """A camera with the same faults as a DepthCamera.

    believed  as its controller believes it to be; it really hangs as `camera` says
    random    decides about mounting, dirt and all noise
    """

    def __init__(self, number: int, believed: BayCamera, faults: DepthFaults, random: np.random.Generator) -> None:
        self._number = number
        self.camera = mounted(believed, faults, random)
        self._sensor = DepthSensor(believed.lens, faults, random)

    def look(self, heap: DrawnHeap, time_s: float) -> DepthImage:
        """Take an image of what is in its bay now."""
        exact = drawn_depth(self.camera, heap.heights_m, heap.parcels)
        return DepthImage(time_s, self._number, self._sensor.say(exact))
