/* What survives a restart (rule 6): base, confirmed entries, epochs, levels and the pose, in two cells of the
 * non-volatile memory. Each cell is a checksum (CRC-32) and a MessagePack map. */
#ifndef MEMORY_H
#define MEMORY_H

#include "hal.h"
#include "robot.h"

/* Write what must not be lost; returns the size. The pose is a cell of its own, since it changes all the time. */
size_t memory_of_base(const struct robot *robot, unsigned char bytes[HAL_NV_BYTES]);
size_t memory_of_pose(const struct robot *robot, unsigned char bytes[HAL_NV_BYTES]);

enum recall { RECALL_EMPTY, RECALL_GOOD, RECALL_DAMAGED, RECALL_OTHER_ROBOT };

/* Make the robot what it was before the restart. With an empty memory it stays as it is; where only the pose is
 * damaged, it is lost. The result is about the cell of the base. */
enum recall memory_recall(struct robot *robot);

#endif
