/* A session with one controller at a time: hello and welcome, heartbeats and lease, epochs of controllers, reports. */
#ifndef SESSION_H
#define SESSION_H

#include "link.h"

#define SESSION_ENDPOINTS 8
#define SESSION_ACKS 64

struct session_params {
    struct slice gateway;
    const char *endpoints[SESSION_ENDPOINTS]; /* tried in turn */
    size_t endpoint_count;
    struct link_keys keys;
};

enum session_phase { SESSION_APART, SESSION_GREETING, SESSION_OPEN };

/* An acknowledgement, which waits until what it says is written down. */
struct ack {
    int64_t re;
    struct verdict verdict;
    uint64_t version;
};

struct session {
    struct session_params params;
    struct link link;
    struct robot *robot;
    struct records *records;
    unsigned char boot[BOOT_BYTES];

    enum session_phase phase;
    size_t endpoint;
    int64_t number, lease_ns, hb_ns;
    int64_t deadline_ns; /* apart: of the next try; greeting: of the welcome; open: of the lease */
    int64_t pause_ns;    /* before the next try after a failed one; doubles each time */
    int64_t hb_due_ns, state_due_ns;
    bool greeted; /* hello is on its way */
    bool asked;   /* for orders, pauses and limits, once in a boot */

    struct ack acks[SESSION_ACKS];
    size_t acks_first, acks_count;

    int64_t seq;          /* of the last state or pose */
    uint64_t told, poses_told; /* what the last state was about, and the last pose that went out or was dropped */
    unsigned long dropped;
};

/* Make ready; false if the system has no means for it. */
bool session_begin(struct session *session, const struct session_params *params, struct robot *robot,
                   struct records *records);

/* One tick: take what has come in, report, keep the session alive or begin a new one. */
void session_step(struct session *session);

/* Say bye and let go. */
void session_end(struct session *session);

#endif
