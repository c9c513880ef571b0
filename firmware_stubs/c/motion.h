/* Motion: odometry from the encoders, and wheel speeds that carry the robot along its base, one entry after another. */
#ifndef MOTION_H
#define MOTION_H

#include "base.h"
#include "hal.h"
#include "limits.h"

/* What the robot is at. A drive goes on until it stands in the middle of a cell, whatever is confirmed by then. */
enum activity { DOING_NOTHING, DOING_DRIVE, DOING_TURN, DOING_SERVE };

/* Why a robot may not move, or not do anything. */
enum halt {
    HALT_NONE,
    HALT_MOVING, /* brake and stand; a service goes on */
    HALT_ALL,    /* brake and stand; a service clock stops too */
    HALT_BRAKE   /* the mechanical brake: emergency stop, motor fault */
};

struct motion {
    struct limits limits;
    struct pose pose;  /* by odometry */
    double v, w;       /* measured: m/s ahead, rad/s clockwise */
    double speed;      /* asked for: m/s of a drive, rad/s of a turn in its direction */
    bool at_rest;      /* no wheel turns, and none is asked to */
    enum activity doing;
    double left_s;     /* of the service under way */
    struct hal_encoders encoders;
};

/* Stand at a pose; the base tells whether a drive is under way there. */
void motion_begin(struct motion *motion, const struct limits *limits, const struct base *base, const struct pose *pose);

/* Put the robot somewhere else, with nothing under way. */
void motion_place(struct motion *motion, const struct pose *pose);

/* Go on with a service of which so many seconds are left. */
void motion_serve(struct motion *motion, double left_s);

/* Give up the service under way, if there is one. */
void motion_stop_serving(struct motion *motion);

/* Read the encoders: where the robot has got to since the last tick. */
void motion_measure(struct motion *motion);

/* One tick of the base: confirms what is done (rule 4), then drives the wheels.
 * speed_limit: m/s. Returns whether an entry was confirmed. */
bool motion_step(struct motion *motion, struct base *base, enum halt halt, double speed_limit);

/* How many of the next entries have begun, so that a new epoch or a cancel leaves them (rules 3 and 11). */
int64_t motion_begun(const struct motion *motion, const struct base *base);

#endif
