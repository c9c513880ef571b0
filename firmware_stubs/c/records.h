/* Keeps the non-volatile memory up to date, and knows what has been written down and so may be reported (rule 6). */
#ifndef RECORDS_H
#define RECORDS_H

#include "robot.h"

/* Where the robot was seen, how it moved, and how long the service under way would still take. */
struct sighting {
    struct pose pose;
    double v, w, left_s;
    int64_t utc_ns;
    uint64_t version; /* of the robot then */
};

struct records {
    bool writing_base, writing_pose;
    uint64_t base_version, base_version_written; /* being written, written */
    struct sighting pose, pose_written;
    uint64_t poses_written;
    int64_t pose_due_ns;
};

/* One tick: begin to write what has changed, the pose ten times a second at most while the robot moves. */
void records_step(struct records *records, const struct robot *robot);

/* Whether all that the robot was at a version, and where it was seen then or later, is written down. */
bool records_hold(const struct records *records, uint64_t version);

/* Whether all that the robot is now is written down; of a robot that moves, where it was a moment ago. */
bool records_current(const struct records *records, const struct robot *robot);

#endif
