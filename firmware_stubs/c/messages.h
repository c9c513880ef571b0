/* Messages to the controller, written into a frame. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "records.h"
#include "writer.h"

#define BOOT_BYTES 16

struct frame {
    size_t size;
    unsigned char bytes[WIRE_FRAME_BYTES];
};

/* What a session says about itself in hb, bye and resync. */
struct session_mark {
    int64_t session, epoch, utc_ns;
};

/* The number of a state or pose, and the start of the program that it counts from. */
struct report_mark {
    const unsigned char *boot;
    int64_t seq;
};

void hello_message(struct frame *frame, struct slice gateway, const unsigned char *boot, const struct robot *robot);
void ack_message(struct frame *frame, const struct robot *robot, int64_t re, const struct verdict *verdict);
void pose_message(struct frame *frame, const struct robot *robot, const struct sighting *seen, int64_t seq);
void hb_message(struct frame *frame, const struct session_mark *mark);
void bye_message(struct frame *frame, const struct session_mark *mark, const char *reason);
void resync_message(struct frame *frame, const struct session_mark *mark, const struct robot *robot);

/* The state as of `seen`. Names can be so long that not all actions fit: those that are furthest ahead are left out. */
void state_message(struct frame *frame, const struct robot *robot, const struct sighting *seen,
                   const struct report_mark *mark);

#endif
