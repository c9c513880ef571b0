#include "motion.h"

#include <math.h>

#define THERE_M 0.002 /* close enough to a target to stand */
#define THERE_RAD 0.002
#define STEER 4.0  /* rad/s for each radian off the heading, and for each m/s and metre off the line */
#define STEER_MOST 1.0

void motion_place(struct motion *motion, const struct pose *pose) {
    motion->pose = *pose;
    motion->doing = DOING_NOTHING;
    motion->speed = 0.0;
    motion->left_s = 0.0;
}

void motion_begin(struct motion *motion, const struct limits *limits, const struct base *base,
                  const struct pose *pose) {
    struct pose last = base_place(base, base->confirmed);
    motion->limits = *limits;
    motion->encoders = hal_encoders();
    motion->v = motion->w = 0.0;
    motion->at_rest = true;
    motion_place(motion, pose);
    if (fabs(distance_ahead(&last, pose)) > THERE_M) {
        motion->doing = DOING_DRIVE;
    }
}

void motion_serve(struct motion *motion, double left_s) {
    motion->doing = DOING_SERVE;
    motion->left_s = left_s;
}

void motion_stop_serving(struct motion *motion) {
    if (motion->doing == DOING_SERVE) {
        motion->doing = DOING_NOTHING;
        motion->left_s = 0.0;
    }
}

void motion_measure(struct motion *motion) {
    struct hal_encoders now = hal_encoders();
    double left = (double)(now.left - motion->encoders.left) / HAL_TICKS_PER_M;
    double right = (double)(now.right - motion->encoders.right) / HAL_TICKS_PER_M;
    double ahead = 0.5 * (left + right), turned = (left - right) / HAL_TRACK_M;
    double middle = motion->pose.theta + 0.5 * turned;
    motion->encoders = now;
    motion->pose.x += ahead * cos(middle);
    motion->pose.y += ahead * sin(middle);
    motion->pose.theta = angle_between(0.0, motion->pose.theta + turned);
    motion->v = ahead / HAL_TICK_S;
    motion->w = turned / HAL_TICK_S;
    motion->at_rest = motion->speed <= 0.0 && left == 0.0 && right == 0.0;
}

/* The greatest speed after this tick from which the robot can still stop within `room`:
 * v'^2 / 2 a = room - (v + v') dt / 2, solved for v'. The last quarter of `there` is not worth a crawl. */
static double speed_that_stops(double room, double speed, double acceleration, double there) {
    if (room < 0.25 * there) {
        return 0.0;
    }
    double half = 0.5 * acceleration * HAL_TICK_S;
    double root = half * half + acceleration * (2.0 * room - speed * HAL_TICK_S);
    return root > half * half ? sqrt(root) - half : 0.0;
}

static double toward(double speed, double wanted, double step) {
    return wanted > speed ? fmin(speed + step, wanted) : fmax(speed - step, wanted);
}

/* Wheel speeds for going ahead at v while turning clockwise at w. */
static void drive(double v, double w) {
    double half = 0.5 * w * HAL_TRACK_M;
    hal_drive(v + half, v - half);
}

/* The speed that the drives of the run ahead allow by their own limits, and how far the end of the run is. */
static double allowed_on_run(const struct motion *motion, const struct base *base, double top, double *room) {
    struct pose last = base_place(base, base->confirmed);
    double begins = -distance_ahead(&last, &motion->pose);
    int64_t run = base_run(base);
    /* A drive is confirmed before the robot is at its end. */
    bool confirmed_early = begins > THERE_M && base->confirmed > base->first;
    const struct entry *before = confirmed_early ? base_entry(base, base->confirmed - 1) : NULL;
    if (before != NULL && before->vmax > 0.0) {
        top = fmin(top, before->vmax);
    }
    for (int64_t i = 0; i < run; i++) {
        const struct entry *entry = base_entry(base, base->confirmed + i);
        if (entry->vmax > 0.0) {
            double slower = entry->vmax * entry->vmax + 2.0 * motion->limits.acceleration * fmax(begins, 0.0);
            top = fmin(top, sqrt(slower));
        }
        begins += entry->length;
    }
    *room = begins;
    return top;
}

static void step_drive(struct motion *motion, const struct base *base, double brake, double speed_limit) {
    struct pose last = base_place(base, base->confirmed);
    double step = motion->limits.acceleration * HAL_TICK_S;
    if (brake > 0.0) {
        motion->speed = toward(motion->speed, 0.0, brake * HAL_TICK_S);
    } else {
        double room, top = allowed_on_run(motion, base, fmin(motion->limits.speed, speed_limit), &room);
        double stops = speed_that_stops(room, motion->speed, motion->limits.acceleration, THERE_M);
        /* Rounding may ask for a little more than the usual braking to stand where the base ends. */
        motion->speed = fmin(toward(motion->speed, top, step), fmax(stops, motion->speed - 2.0 * step));
    }
    double off = angle_between(last.theta, motion->pose.theta);
    double steer = -STEER * (off + motion->speed * distance_aside(&last, &motion->pose));
    drive(motion->speed, motion->speed > 0.0 ? fmax(-STEER_MOST, fmin(STEER_MOST, steer)) : 0.0);
}

static void step_turn(struct motion *motion, const struct base *base, bool brake) {
    double to_go = angle_between(motion->pose.theta, base_next(base)->end.theta);
    double acceleration = motion->limits.turn_acceleration, step = acceleration * HAL_TICK_S;
    double stops = speed_that_stops(fabs(to_go), motion->speed, acceleration, THERE_RAD);
    double top = brake ? fmax(motion->speed - step, 0.0) : fmin(motion->limits.turn_rate, stops);
    motion->speed = fmin(motion->speed + step, top);
    drive(0.0, to_go > 0.0 ? motion->speed : -motion->speed);
}

/* Begin the next entry, standing in the middle of a cell. */
static void begin_next(struct motion *motion, const struct base *base, enum halt halt) {
    const struct entry *entry = base_next(base);
    if (entry == NULL || halt > HALT_MOVING || (halt == HALT_MOVING && entry->kind <= ENTRY_TURN)) {
        return;
    }
    hal_reach_for_charger(entry->kind == ENTRY_CHARGE);
    if (entry->kind == ENTRY_SERVE) {
        motion_serve(motion, entry->seconds);
    } else if (entry->kind != ENTRY_CHARGE) {
        motion->doing = entry->kind == ENTRY_DRIVE ? DOING_DRIVE : DOING_TURN;
    }
}

/* A drive is done once the rear has left the cell before; in short cells once the robot is in the middle. */
static bool drive_is_done(const struct motion *motion, const struct base *base) {
    const struct entry *entry = base_next(base);
    if (entry == NULL || entry->kind != ENTRY_DRIVE) {
        return false;
    }
    struct pose last = base_place(base, base->confirmed);
    double rear_out = 0.5 * (entry->length + motion->limits.length) + THERE_M;
    return distance_ahead(&last, &motion->pose) >= fmin(entry->length - THERE_M, rear_out);
}

/* Whether the next entry is over. */
static bool next_is_done(const struct motion *motion, const struct base *base) {
    const struct entry *entry = base_next(base);
    switch (motion->doing) {
    case DOING_DRIVE: return drive_is_done(motion, base);
    case DOING_TURN:
        return motion->at_rest && fabs(angle_between(motion->pose.theta, entry->end.theta)) <= THERE_RAD;
    case DOING_SERVE: return motion->left_s <= 0.0;
    default: return entry != NULL && entry->kind == ENTRY_CHARGE && hal_charger_contact();
    }
}

static void settle(struct motion *motion, const struct base *base) {
    struct pose last = base_place(base, base->confirmed);
    bool run_over = base_run(base) == 0 && motion->at_rest && distance_ahead(&last, &motion->pose) >= -THERE_M;
    if (motion->doing == DOING_DRIVE && run_over) {
        motion->doing = DOING_NOTHING;
    }
}

bool motion_step(struct motion *motion, struct base *base, enum halt halt, double speed_limit) {
    bool confirmed = false;
    if (next_is_done(motion, base)) {
        base_confirm(base);
        confirmed = true;
        motion_stop_serving(motion);
        motion->doing = motion->doing == DOING_TURN ? DOING_NOTHING : motion->doing;
    }
    settle(motion, base);
    if (halt == HALT_BRAKE) {
        motion->speed = 0.0;
        hal_brake();
        return confirmed;
    }
    if (motion->doing == DOING_NOTHING && motion->at_rest) {
        begin_next(motion, base, halt);
    }
    double brake = halt == HALT_NONE ? 0.0 : EMERGENCY_BRAKE_MPS2;
    switch (motion->doing) {
    case DOING_DRIVE: step_drive(motion, base, brake, speed_limit); break;
    case DOING_TURN: step_turn(motion, base, brake > 0.0); break;
    case DOING_SERVE: motion->left_s -= halt == HALT_ALL ? 0.0 : HAL_TICK_S; /* fall through */
    default: hal_brake(); motion->speed = 0.0; break;
    }
    return confirmed;
}

int64_t motion_begun(const struct motion *motion, const struct base *base) {
    if (motion->doing == DOING_TURN || motion->doing == DOING_SERVE) {
        return 1;
    }
    if (motion->doing != DOING_DRIVE) {
        return 0;
    }
    struct pose last = base_place(base, base->confirmed);
    double a = motion->limits.acceleration, v = motion->speed;
    /* What it drives in the next two ticks, too: it brakes from the next one on. */
    double reach = distance_ahead(&last, &motion->pose) + v * v / (2.0 * a) + 2.0 * v * HAL_TICK_S;
    double end = 0.0;
    int64_t keep = 0, run = base_run(base);
    while (keep < run && reach > end + THERE_M) {
        end += base_entry(base, base->confirmed + keep)->length;
        keep++;
    }
    return keep;
}
