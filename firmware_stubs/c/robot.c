#include "robot.h"

#include <math.h>

void robot_begin(struct robot *robot, struct slice serial, struct slice map, const struct pose *at,
                 const struct limits *limits) {
    name_set(&robot->serial, serial);
    name_set(&robot->map, map);
    base_begin(&robot->base, 0, at);
    robot->base.raised_by = -1;
    motion_begin(&robot->motion, limits, &robot->base, at);
    robot->speed_limit = HUGE_VAL;
    robot->state_wanted = true;
    robot->version = 1;
}

bool robot_hears_controller(struct robot *robot, int64_t epoch) {
    if (epoch > robot->controller_epoch) {
        robot->controller_epoch = epoch;
        robot->version++;
    }
    return epoch == robot->controller_epoch;
}

/* Somebody has carried the robot, or it does not know where it is: it stands until that is put right. */
static void read_localiser(struct robot *robot) {
    struct pose here, last = base_place(&robot->base, robot->base.confirmed);
    enum hal_fix fix = hal_localiser(&here);
    if (fix == HAL_FIX_NONE) {
        return;
    }
    robot->lost = true;
    if (fix == HAL_FIX_MOVED) {
        motion_place(&robot->motion, &here);
        bool at_last = fabs(distance_ahead(&last, &here)) < 0.01 && fabs(distance_aside(&last, &here)) < 0.01;
        robot->lost = !at_last || fabs(angle_between(last.theta, here.theta)) > 0.01;
    }
    robot->version++;
}

static void read_estop(struct robot *robot) {
    enum hal_estop estop = hal_estop();
    bool before = robot->estop;
    robot->estop = estop == HAL_ESTOP_PRESSED || (before && estop != HAL_ESTOP_RESET);
    robot->version += robot->estop != before;
}

static enum halt halt_of(const struct robot *robot) {
    if (robot->estop || robot->failed) {
        return HALT_BRAKE;
    }
    if (robot->lost || robot->paused) {
        return HALT_ALL;
    }
    return robot->blocked ? HALT_MOVING : HALT_NONE;
}

void robot_step(struct robot *robot) {
    motion_measure(&robot->motion);
    read_localiser(robot);
    read_estop(robot);
    robot->blocked = hal_bumper();
    robot->failed = hal_motor_fault() || hal_battery().percent <= 0.0;
    const struct entry *next = base_next(&robot->base);
    enum activity before = robot->motion.doing;
    bool confirmed = motion_step(&robot->motion, &robot->base, halt_of(robot), robot->speed_limit);
    if (confirmed && next->action.size > 0) {
        robot->over = next->action;
    }
    robot->version += confirmed || robot->motion.doing != before;
    bool charging = hal_charger_contact();
    robot->version += charging != robot->charging;
    robot->charging = charging;
}

/* Rule 3. `order` is what raises the epoch, NULL for an instant. */
static void obey_epoch(struct robot *robot, int64_t epoch, const struct wire_order *order) {
    struct base *base = &robot->base;
    base_drop(base, motion_begun(&robot->motion, base));
    base->epoch = epoch;
    base->raised_by = order != NULL ? order->seq : -1;
    name_set(&base->order, order != NULL ? order->order : slice_of(""));
    robot->version++;
}

struct verdict robot_take_order(struct robot *robot, const struct wire_order *order) {
    if (order->epoch < robot->base.epoch) {
        return (struct verdict){"rejected", "old_epoch"};
    }
    if (order->epoch > robot->base.epoch) {
        obey_epoch(robot, order->epoch, order);
        return (struct verdict){"accepted", NULL};
    }
    struct verdict verdict = base_grow(&robot->base, order, slice_of_name(&robot->map));
    robot->version += verdict.error == NULL;
    return verdict;
}

/* FNV-1a, 64 bits. Two ids of the 256 that are kept have the same one with a probability of 2^-49. */
static uint64_t fingerprint(struct slice id) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < id.size; i++) {
        hash = (hash ^ (unsigned char)id.at[i]) * 0x100000001B3u;
    }
    return hash;
}

static bool is_carried_out(const struct robot *robot, struct slice id) {
    uint64_t mark = fingerprint(id);
    for (size_t i = 0; i < INSTANTS_KEPT; i++) {
        if (robot->instants[i] == mark) {
            return true;
        }
    }
    return false;
}

static const char *why_not_position(const struct robot *robot, const struct wire_params *params) {
    static const char *const needed[] = {"x", "y", "theta", "map", "last_seq"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (!wire_has_param(params, needed[i])) {
            return "parameters";
        }
    }
    /* What is confirmed never falls (rule 4). */
    if (params->last_seq % 2 != 0 || params->last_seq / 2 < robot->base.confirmed) {
        return "parameters";
    }
    bool idle = base_next(&robot->base) == NULL && robot->motion.doing == DOING_NOTHING;
    return (robot->lost || idle) && robot->motion.at_rest ? NULL : "busy";
}

/* Why an action cannot be carried out, NULL if it can. */
static const char *why_not(const struct robot *robot, const struct wire_action *action) {
    static const char *const simple[] = {"startPause", "stopPause", "speedLimit", "cancelOrder", "stateRequest"};
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        if (slice_is(action->type, simple[i])) {
            return NULL;
        }
    }
    return slice_is(action->type, "initPosition") ? why_not_position(robot, &action->params) : "unknown_action";
}

/* Rule 11. */
static void cancel(struct robot *robot) {
    motion_stop_serving(&robot->motion);
    hal_reach_for_charger(false);
    base_drop(&robot->base, motion_begun(&robot->motion, &robot->base));
}

/* Rule 10. */
static void take_position(struct robot *robot, const struct wire_params *params) {
    struct pose pose = {params->x, params->y, params->theta};
    base_begin(&robot->base, params->last_seq / 2, &pose);
    motion_place(&robot->motion, &pose);
    hal_reach_for_charger(false);
    name_set(&robot->map, params->map);
    robot->lost = false;
}

static void carry_out(struct robot *robot, const struct wire_action *action) {
    if (slice_is(action->type, "startPause")) {
        robot->paused = true;
    } else if (slice_is(action->type, "stopPause")) {
        robot->paused = false;
    } else if (slice_is(action->type, "speedLimit")) {
        robot->speed_limit = wire_has_param(&action->params, "mps") ? action->params.mps : HUGE_VAL;
    } else if (slice_is(action->type, "cancelOrder")) {
        cancel(robot);
    } else if (slice_is(action->type, "initPosition")) {
        take_position(robot, &action->params);
    }
    /* Each of them, stateRequest too, is told of in the next state, which comes at once. */
    robot->state_wanted = true;
    robot->instants[robot->instants_next++ % INSTANTS_KEPT] = fingerprint(action->id);
    name_set(&robot->told[robot->told_count % INSTANTS_TOLD], action->id);
    robot->told_count++;
    robot->version++;
}

struct verdict robot_take_instant(struct robot *robot, const struct wire_instant *instant) {
    if (instant->epoch < robot->base.epoch) {
        return (struct verdict){"rejected", "old_epoch"};
    }
    if (instant->epoch > robot->base.epoch) {
        obey_epoch(robot, instant->epoch, NULL);
    }
    /* All actions of a message or none. */
    for (uint32_t i = 0; i < instant->actions; i++) {
        const struct wire_action *action = &instant->action[i];
        const char *error = is_carried_out(robot, action->id) ? NULL : why_not(robot, action);
        if (error != NULL) {
            return (struct verdict){"rejected", error};
        }
    }
    bool any = false;
    for (uint32_t i = 0; i < instant->actions; i++) {
        if (!is_carried_out(robot, instant->action[i].id)) {
            carry_out(robot, &instant->action[i]);
            any = true;
        }
    }
    return (struct verdict){any ? "accepted" : "duplicate", NULL};
}
