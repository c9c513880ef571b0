/* Messages from the controller: what they say, read in place from a frame. Slices point into the frame. */
#ifndef WIRE_H
#define WIRE_H

#include "reader.h"

#define WIRE_TAG "RG1"
#define WIRE_FRAME_BYTES 8192
#define WIRE_NODES 32
#define WIRE_ACTIONS 8
#define WIRE_ROBOTS 32
#define WIRE_MAJOR 1
#define WIRE_MINOR 0

struct wire_params {
    uint32_t present;
    double seconds, mps, x, y, theta;
    struct slice map;
    int64_t last_seq;
};

struct wire_action {
    uint32_t present;
    struct slice id, type;
    int block;
    struct wire_params params;
};

/* Only the first action of a node is kept: an entry has one at most, and more make an order impossible. */
struct wire_node {
    uint32_t present;
    struct slice id, map;
    int64_t seq;
    bool rel;
    double x, y, theta;
    uint32_t actions;
    struct wire_action action;
};

struct wire_edge {
    uint32_t present;
    struct slice id, from, to;
    int64_t seq;
    bool rel;
    double vmax;
    uint32_t actions;
};

struct wire_welcome {
    uint32_t present;
    int64_t session, epoch, lease_ms, hb_ms;
    uint32_t versions;
    int64_t proto[2];
};

struct wire_order {
    uint32_t present;
    struct slice robot, order;
    int64_t epoch, seq, upd;
    uint32_t nodes, edges;
    struct wire_node node[WIRE_NODES];
    struct wire_edge edge[WIRE_NODES];
};

struct wire_instant {
    uint32_t present;
    struct slice robot;
    int64_t epoch, seq;
    uint32_t actions;
    struct wire_action action[WIRE_ACTIONS];
};

/* hb, bye and resync. */
struct wire_signal {
    uint32_t present;
    int64_t session, epoch, t;
    struct slice reason;
    uint32_t robots;
    struct slice robot[WIRE_ROBOTS];
};

enum wire_kind { WIRE_WELCOME, WIRE_ORDER, WIRE_INSTANT, WIRE_HB, WIRE_BYE, WIRE_RESYNC, WIRE_KINDS };

struct wire_message {
    enum wire_kind kind;
    union {
        struct wire_welcome welcome;
        struct wire_order order;
        struct wire_instant instant;
        struct wire_signal signal;
    } as;
};

/* Read one MessagePack frame. What is refused leaves `message` undefined. */
enum fault wire_read(const unsigned char *bytes, size_t size, struct wire_message *message);

/* Whether a part has an optional value. */
bool wire_has_theta(const struct wire_node *node);
bool wire_has_vmax(const struct wire_edge *edge);
bool wire_has_param(const struct wire_params *params, const char *key);

#endif
