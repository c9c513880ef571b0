"""Two wheels under a body as differential equations, solved by somebody else's solver: slow, and nothing implicit."""

from __future__ import annotations

from math import cos, sin

import numpy as np
from scipy.integrate import solve_ivp

from twin.physics.body_model import BodyModel

G = 9.81


class WheelHost:
    """A twin.physics.host.BodyHost that integrates the equations of BodyModel for robots without a load."""

    def __init__(self, body: BodyModel) -> None:
        self.model = body
        self.rows: set[int] = set()

    def take(self, row, body) -> None:
        self.rows.add(row)

    def let_go(self, row) -> None:
        self.rows.remove(row)

    def stand_on(self, grip) -> None:
        """Dry floor only."""

    def columns(self):
        return ()

    def step(self, bodies, dt, now_s) -> None:
        for row in self.rows:
            body = bodies[row]
            names = ("x", "y", "theta", "forward", "sideways", "turning", "left", "right")
            heard = float(body["heard_left"]), float(body["heard_right"])
            state = [float(body[name]) for name in names]
            if not any(heard) and max(map(abs, state[3:])) < 0.001:
                state[3:] = [0.0] * 5
            else:
                solved = solve_ivp(self._rates, (0.0, dt), state, args=heard, method="LSODA", rtol=1e-8, atol=1e-10)
                state = solved.y[:, -1]
            for name, value in zip(names, state, strict=True):
                body[name] = value

    def _rates(self, _t, state, heard_left, heard_right):
        model = self.model
        _, _, theta, forward, sideways, turning, left, right = state
        weight = model.mass_kg * G
        arm = model.track_m / 2
        most = model.traction * model.driven_share * weight / 2
        push_left = most * np.clip((left - forward - arm * turning) / model.creep_mps, -1, 1)
        push_right = most * np.clip((right - forward + arm * turning) / model.creep_mps, -1, 1)
        across = -2 * most * model.sideways * np.clip(sideways / model.creep_mps, -1, 1)
        spin = model.caster_m * turning
        rolling = -model.drag * weight / max(np.hypot(forward, spin), 1e-4)
        return [
            forward * cos(theta) - sideways * sin(theta),
            forward * sin(theta) + sideways * cos(theta),
            turning,
            (push_left + push_right + rolling * forward) / model.mass_kg + turning * sideways,
            across / model.mass_kg - turning * forward,
            (arm * (push_left - push_right) + rolling * spin * model.caster_m) / model.inertia_kgm2,
            (heard_left - left) / model.motor_lag_s,
            (heard_right - right) / model.motor_lag_s,
        ]
