/* The robot: what it is, what it remembers, and what it makes of orders, instants and its own inputs. */
#ifndef ROBOT_H
#define ROBOT_H

#include "base.h"
#include "motion.h"

#define INSTANTS_KEPT 256
#define INSTANTS_TOLD 16

struct robot {
    struct name serial, map;
    struct base base;
    struct motion motion;

    /* Levels, until they are changed. */
    bool paused;
    double speed_limit; /* m/s, HUGE_VAL for none */

    /* What is wrong. An emergency stop holds until it is reset at the robot, even through a restart. */
    bool estop, lost, blocked, failed;
    bool charging;

    int64_t controller_epoch; /* the greatest that it has seen */
    struct name over;         /* the action that was last over */

    /* Fingerprints of the instant actions that were carried out, the oldest overwritten first. */
    uint64_t instants[INSTANTS_KEPT];
    uint32_t instants_next;

    /* Ids of those since the last state, which has to tell of them. */
    struct name told[INSTANTS_TOLD];
    size_t told_count;

    bool state_wanted;
    uint64_t version; /* grows with every change of what has to be remembered */
};

/* A robot that was never switched on, at rest at a pose. */
void robot_begin(struct robot *robot, struct slice serial, struct slice map, const struct pose *at,
                 const struct limits *limits);

/* One tick of the control loop: inputs, base, motors. */
void robot_step(struct robot *robot);

/* Take an order or an instant for this robot; the error of the verdict is for the acknowledgement. */
struct verdict robot_take_order(struct robot *robot, const struct wire_order *order);
struct verdict robot_take_instant(struct robot *robot, const struct wire_instant *instant);

/* A controller of this epoch has spoken; false if a newer one has before, and this one is not to be obeyed. */
bool robot_hears_controller(struct robot *robot, int64_t epoch);

#endif
