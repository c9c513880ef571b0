"""How a run or a turn goes, integrated in very fine steps: full speed ahead, and brake as late as possible."""

from __future__ import annotations


def places(distance, top, acceleration, *, speed=0.0, step=1e-4, every=0.05):
    """Way covered at every `every` seconds until rest, from `speed` on, braking before `distance`."""
    way, found, count = 0.0, [0.0], 0
    while True:
        stopping = speed * speed / (2 * acceleration)
        if speed > top or way + stopping + speed * step >= distance:
            speed -= acceleration * step
        elif speed < top:
            speed = min(speed + acceleration * step, top)
        if speed <= 0:
            return [*found, way]
        way += speed * step
        count += 1
        if count % round(every / step) == 0:
            found.append(way)


def seconds(distance, top, acceleration):
    """From rest to rest."""
    step = 1e-4
    return (len(places(distance, top, acceleration, step=step, every=step)) - 1) * step
