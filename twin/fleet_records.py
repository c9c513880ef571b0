"""The records that the kernels of simulated fleets work on.

Elsewhere fleet data are columns. Here a kernel goes through the robots one by one, each with all that it has, and
robots do not touch each other; so a robot is one record: its data lie together, and a kernel hands one pointer on
instead of fifty counted references (measured: ten times as fast). What leaves the driver are columns again.

Times are seconds on the driver's clock, lengths metres, angles radians.
"""

from __future__ import annotations

from math import ceil
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from robots.arrays import Bool, Float32, Float64, Int8, Int32, Int64, UInt8
from robots.battery import percent_of_battery
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.motion import MotionParams

ENTRIES_AHEAD: Final = 16  # size of a robot's ring of entries
GIVEN: Final = 64  # size of the controller's ring of places: more than a robot can be behind
IN_FLIGHT: Final = 64  # messages to one robot, and from it, that can be on their way
_PERIOD_S: Final = 0.05  # of the firmware, the longest

Record = np.void  # one of them
Records = npt.NDArray[np.void]

# A robot as it really is: body, firmware, and the faults it has.
ROBOT: Final = np.dtype(
    [
        ("key", np.int64),  # 32 bits that make the robot's random numbers its own
        ("draws", np.int64),  # random numbers drawn so far
        ("cell", np.int64),  # after the last confirmed entry
        ("heading", np.int64),
        ("doing", np.int64),  # Entry that is under way, WAIT at rest in the middle of a cell
        ("along", np.float64),  # way from that place along the entry under way, metres or radians, as the robot knows
        ("speed", np.float64),  # its rate; below 0 when the robot backs up
        ("go", np.bool_),  # orders of the firmware to the body, see twin.bodies
        ("target", np.float64),
        ("top", np.float64),
        ("drain", np.float64),  # percent of the battery that goes in this period
        ("top_speed", np.float64),  # what this robot can do
        ("epoch", np.int64),
        ("received", np.int64),
        ("confirmed", np.int64),
        ("entries", np.uint8, (ENTRIES_AHEAD,)),  # entry j at j modulo ENTRIES_AHEAD
        ("service_s", np.float32, (ENTRIES_AHEAD,)),
        ("service_left", np.float64),
        ("held", np.bool_),  # the service lasts until a station is done with it
        ("connected", np.bool_),  # to a charger
        ("charging", np.bool_),  # and takes energy from it
        ("percent", np.float64),  # battery
        ("halt", np.bool_),  # levels, and the number of the row that they are from
        ("limit", np.float64),
        ("level_number", np.int64),
        ("blocked", np.bool_),
        ("lost", np.bool_),
        ("x", np.float64),  # where it really is
        ("y", np.float64),
        ("theta", np.float64),
        ("guess_x", np.float64),  # where it believes to be
        ("guess_y", np.float64),
        ("guess_theta", np.float64),
        ("next_report_s", np.float64),
        ("made", np.int64),  # reports made so far
        ("down", np.bool_),
        ("down_until", np.float64),
        ("mute_until", np.float64),
        ("stuck_until", np.float64),
        ("slow_until", np.float64),
        ("slow_to", np.float64),
        ("commands", np.int64),  # messages on their way to it, and from it
        ("reports", np.int64),
    ],
    align=True,
)

# A message to a robot: a row of commands as it was when it was sent.
COMMAND: Final = np.dtype(
    [
        ("due", np.float64),
        ("number", np.int64),  # of the submit it is from
        ("epoch", np.int64),
        ("first", np.int64),  # number of its first entry
        ("end", np.int64),  # and of the one after its last
        ("halt", np.bool_),
        ("limit", np.float64),
        ("entries", np.uint8, (ENTRIES_AHEAD,)),
        ("service_s", np.float32, (ENTRIES_AHEAD,)),
    ],
    align=True,
)

# A message from a robot: its row of the FleetState, and the levels that it obeys.
REPORT: Final = np.dtype(
    [
        ("due", np.float64),
        ("number", np.int64),
        ("heard_s", np.float64),
        ("epoch", np.int64),
        ("received", np.int64),
        ("confirmed", np.int64),
        ("cell", np.int64),
        ("heading", np.int64),
        ("x", np.float64),
        ("y", np.float64),
        ("theta", np.float64),
        ("speed", np.float64),
        ("percent", np.float64),
        ("service_left", np.float64),
        ("charging", np.bool_),
        ("flags", np.int64),
        ("halt", np.bool_),
        ("limit", np.float64),
    ],
    align=True,
)

# What the controller's side of the driver knows of a robot: the base it was given, the row last sent, the last report.
CONTACT: Final = np.dtype(
    [
        ("epoch", np.int64),
        ("awaited", np.bool_),  # the epoch was raised, and no report has come that says what is left of the base
        ("end", np.int64),  # entries given
        ("cells", np.int32, (GIVEN,)),  # where the robot is before entry j, at j modulo GIVEN
        ("headings", np.int8, (GIVEN,)),
        ("entries", np.uint8, (GIVEN,)),
        ("service_s", np.float32, (GIVEN,)),
        ("sent_s", np.float64),
        ("sent_epoch", np.int64),
        ("sent_first", np.int64),
        ("sent_end", np.int64),
        ("sent_halt", np.bool_),
        ("sent_limit", np.float64),
        ("heard_number", np.int64),
        ("heard_epoch", np.int64),
        ("heard_received", np.int64),
        ("heard_confirmed", np.int64),
        ("heard_halt", np.bool_),
        ("heard_limit", np.float64),
    ],
    align=True,
)


class Floor(NamedTuple):
    """The floor, by cell."""

    neighbours: Int32  # (cells, 4)
    charger: Bool
    obstacle_until: Float64
    charger_out_until: Float64


class Heard(NamedTuple):
    """The columns of the FleetState."""

    cell: Int32
    heading: Int8
    charge_percent: Float32
    service_left_s: Float32
    charging: Bool
    epoch: Int32
    received: Int32
    confirmed: Int32
    x_m: Float32
    y_m: Float32
    theta_rad: Float32
    speed_mps: Float32
    flags: UInt8
    heard_s: Float64


class Rows(NamedTuple):
    """The columns of robots.driver.Commands."""

    epoch: Int32
    first: Int32  # index: a tuple has a method of that name
    entries: UInt8
    service_s: Float32
    halt: Bool
    speed_limit_mps: Float32


class Air(NamedTuple):
    """What becomes of a message now."""

    loss: float
    duplication: float
    least_s: float
    spread_s: float
    later_s: float  # by DELAY faults
    resend_s: float
    report_s: float
    actuation_s: float
    noise_m: float


class Limits(NamedTuple):
    """The robot model and the clock, as the kernels need them."""

    width: int  # of the map, in cells
    cell_m: float
    acceleration: float
    turn_rate: float
    turn_acceleration: float
    confirm_at: float  # way from the middle of a cell at which the robot has left it
    brink: float  # way from the middle of a cell at which its front is at the border
    near_m: float  # so close to its target the robot is there
    near_rad: float
    lag_s: float  # it drives on for so long before it brakes
    dt: float  # the firmware's period
    periods: int  # in a tick
    idle: float  # percent of the battery in one period
    drive: float
    turn: float
    service: float
    charge: float


class Happened(NamedTuple):
    """What happened in a tick.

    counts  0 rows delivered, 1 effects; and over all ticks, 2 commands and 3 reports that found no room
    """

    counts: Int64
    delivered_robot: Int32
    delivered_epoch: Int32
    effect_robot: Int32
    effect_entry: Int32


def new_robots(start: FleetState, model: RobotModel, seed: int, speed_spread: float, report_s: float) -> Records:
    """Robots at rest where `start` says. Each is up to `speed_spread` slower than the model and reports at its time."""
    n = start.robots
    words = np.random.SeedSequence(seed).generate_state(3 * n, np.uint32).reshape(n, 3).astype(np.int64)
    part = words / 2.0**32
    robots = np.zeros(n, dtype=ROBOT)
    robots["key"] = words[:, 0]
    robots["top_speed"] = model.max_speed_mps * (1.0 - speed_spread * part[:, 1])
    robots["next_report_s"] = start.time_s + report_s * part[:, 2]
    robots["cell"] = start.cell
    robots["heading"] = start.heading
    robots["doing"] = Entry.WAIT
    robots["epoch"] = start.epoch
    robots["connected"] = start.charging
    robots["charging"] = start.charging
    robots["percent"] = start.charge_percent
    robots["limit"] = np.inf
    robots["slow_to"] = 1.0
    for name in ("down_until", "mute_until", "stuck_until", "slow_until"):
        robots[name] = -np.inf
    return robots


def new_contacts(start: FleetState) -> Records:
    """An empty base for each robot, where it stands; nothing sent and nothing heard."""
    contacts = np.zeros(start.robots, dtype=CONTACT)
    contacts["cells"][:, 0] = start.cell
    contacts["headings"][:, 0] = start.heading
    for name in ("epoch", "sent_epoch", "heard_epoch"):
        contacts[name] = start.epoch
    contacts["sent_s"] = -np.inf
    contacts["heard_number"] = -1
    for name in ("sent_limit", "heard_limit"):
        contacts[name] = np.inf
    return contacts


def new_happened(n: int, periods: int) -> Happened:
    """Nothing has happened; room for whatever can in one tick of n robots: they end one entry a period at most."""
    return Happened(
        counts=np.zeros(4, dtype=np.int64),
        delivered_robot=np.zeros(n * IN_FLIGHT, dtype=np.int32),
        delivered_epoch=np.zeros(n * IN_FLIGHT, dtype=np.int32),
        effect_robot=np.zeros(n * periods, dtype=np.int32),
        effect_entry=np.zeros(n * periods, dtype=np.int32),
    )


def periods_in(tick_s: float) -> int:
    """Into how many periods of its firmware a tick is divided."""
    return ceil(tick_s / _PERIOD_S - 1e-9)


def new_limits(width: int, model: RobotModel, cell_m: float, tick_s: float, motion: MotionParams) -> Limits:
    """What robots of a model can do on a map so many cells wide, in ticks of `tick_s` seconds."""
    margin_m = motion.position_noise_m + motion.margin_m
    periods = periods_in(tick_s)
    dt = tick_s / periods

    def percent(power_w: float) -> float:
        return percent_of_battery(model, power_w, dt)

    return Limits(
        width=width,
        cell_m=float(cell_m),
        acceleration=float(model.max_acceleration_mps2),
        turn_rate=float(model.max_turn_rate_radps),
        turn_acceleration=float(model.max_turn_acceleration_radps2),
        confirm_at=(cell_m + model.length_m) / 2 + margin_m,
        brink=(cell_m - model.length_m) / 2 - margin_m,
        near_m=motion.near_m,
        near_rad=motion.near_rad,
        lag_s=motion.lag_s,
        dt=dt,
        periods=periods,
        idle=percent(model.idle_w),
        drive=percent(model.drive_w),
        turn=percent(model.turn_w),
        service=percent(model.service_w),
        charge=percent(model.charge_w),
    )
