#include "records.h"

#include "memory.h"

#define POSE_NS 100000000

static unsigned char cell[HAL_NV_BYTES];

static bool same_sighting(const struct sighting *sighting, const struct robot *robot) {
    const struct motion *now = &robot->motion;
    return sighting->version == robot->version && sighting->pose.x == now->pose.x && sighting->pose.y == now->pose.y &&
           sighting->pose.theta == now->pose.theta && sighting->v == now->v && sighting->w == now->w;
}

static void write_pose(struct records *records, const struct robot *robot) {
    const struct motion *now = &robot->motion;
    records->pose = (struct sighting){now->pose, now->v, now->w, now->left_s, hal_utc_ns(), robot->version};
    records->writing_pose = true;
    hal_nv_write(HAL_NV_POSE, cell, memory_of_pose(robot, cell));
}

void records_step(struct records *records, const struct robot *robot) {
    int64_t now = hal_monotonic_ns();
    if (records->writing_base && hal_nv_idle(HAL_NV_BASE)) {
        records->writing_base = false;
        records->base_version_written = records->base_version;
    }
    if (records->writing_pose && hal_nv_idle(HAL_NV_POSE)) {
        records->writing_pose = false;
        records->pose_written = records->pose;
        records->poses_written++;
    }
    bool at_rest = robot->motion.at_rest, same_place = same_sighting(&records->pose_written, robot);
    bool at_once = records->pose_written.version != robot->version || (at_rest && !same_place);
    bool changed = !same_place || records->pose_written.left_s != robot->motion.left_s;
    if (!records->writing_pose && changed && (at_once || now >= records->pose_due_ns)) {
        write_pose(records, robot);
        records->pose_due_ns = now + POSE_NS;
    }
    /* Never a base without a pose: a robot that finds one would be lost. */
    if (!records->writing_base && records->poses_written > 0 && records->base_version_written != robot->version) {
        records->base_version = robot->version;
        records->writing_base = true;
        hal_nv_write(HAL_NV_BASE, cell, memory_of_base(robot, cell));
    }
}

bool records_hold(const struct records *records, uint64_t version) {
    return records->base_version_written >= version && records->pose_written.version >= version;
}

bool records_current(const struct records *records, const struct robot *robot) {
    return records_hold(records, robot->version) &&
           (!robot->motion.at_rest || same_sighting(&records->pose_written, robot));
}
