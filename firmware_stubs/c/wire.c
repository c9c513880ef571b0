#include "wire.h"

#include "fields.h"

#define COUNT_MOST INT64_MAX
#define NUMBER_MOST INT32_MAX
#define METRES 1000000
#define RADIANS 1000
#define TEXT_CHARACTERS 256
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A field `member` of struct `type`; the key is the member's name. */
#define WHOLE(type, member, low, high) \
    {.key = #member, .kind = FIELD_WHOLE, .required = true, .offset = offsetof(struct type, member), .least = (low), \
     .most = (high)}
#define REAL(type, member, bound) \
    {.key = #member, .kind = FIELD_REAL, .required = true, .offset = offsetof(struct type, member), \
     .least = -(bound), .most = (bound)}
#define OPTIONAL_REAL(type, member, low, high, exclusive) \
    {.key = #member, .kind = FIELD_REAL, .nullable = true, .above = (exclusive), \
     .offset = offsetof(struct type, member), .least = (low), .most = (high)}
#define NAME(type, member) \
    {.key = #member, .kind = FIELD_TEXT, .required = true, .offset = offsetof(struct type, member), .least = 1, \
     .most = NAME_CHARACTERS}
#define FLAG(type, member) \
    {.key = #member, .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct type, member)}
#define TABLE(type, table) {(table), COUNT_OF(table), sizeof(struct type)}

static const char *const blocks[] = {"NONE", "SOFT", "HARD", NULL};

static const struct field params_table[] = {
    OPTIONAL_REAL(wire_params, seconds, 0, 1000000, false),
    OPTIONAL_REAL(wire_params, mps, 0, 100, true),
    OPTIONAL_REAL(wire_params, x, -METRES, METRES, false),
    OPTIONAL_REAL(wire_params, y, -METRES, METRES, false),
    OPTIONAL_REAL(wire_params, theta, -RADIANS, RADIANS, false),
    {.key = "map", .kind = FIELD_TEXT, .nullable = true, .offset = offsetof(struct wire_params, map), .least = 1,
     .most = NAME_CHARACTERS},
    {.key = "last_seq", .kind = FIELD_WHOLE, .nullable = true, .offset = offsetof(struct wire_params, last_seq),
     .most = NUMBER_MOST},
};
static const struct fields params_fields = TABLE(wire_params, params_table);

static const struct field action_table[] = {
    NAME(wire_action, id),
    NAME(wire_action, type),
    {.key = "block", .kind = FIELD_CHOICE, .offset = offsetof(struct wire_action, block), .choices = blocks},
    {.key = "params", .kind = FIELD_MAP, .offset = offsetof(struct wire_action, params), .map = &params_fields},
};
static const struct fields action_fields = TABLE(wire_action, action_table);
static const struct field action_item = {.kind = FIELD_MAP, .map = &action_fields};

static const struct field node_table[] = {
    NAME(wire_node, id),
    WHOLE(wire_node, seq, 0, NUMBER_MOST),
    FLAG(wire_node, rel),
    REAL(wire_node, x, METRES),
    REAL(wire_node, y, METRES),
    NAME(wire_node, map),
    OPTIONAL_REAL(wire_node, theta, -RADIANS, RADIANS, false),
    {.key = "actions", .kind = FIELD_LIST, .offset = offsetof(struct wire_node, action), .most = WIRE_ACTIONS,
     .item = &action_item, .item_size = sizeof(struct wire_action), .capacity = 1,
     .count_offset = offsetof(struct wire_node, actions)},
};
static const struct fields node_fields = TABLE(wire_node, node_table);
static const struct field node_item = {.kind = FIELD_MAP, .map = &node_fields};

static const struct field edge_table[] = {
    NAME(wire_edge, id),
    WHOLE(wire_edge, seq, 0, NUMBER_MOST),
    FLAG(wire_edge, rel),
    NAME(wire_edge, from),
    NAME(wire_edge, to),
    OPTIONAL_REAL(wire_edge, vmax, 0, 100, true),
    {.key = "actions", .kind = FIELD_LIST, .most = WIRE_ACTIONS, .item = &action_item,
     .count_offset = offsetof(struct wire_edge, actions)},
};
static const struct fields edge_fields = TABLE(wire_edge, edge_table);
static const struct field edge_item = {.kind = FIELD_MAP, .map = &edge_fields};

static const struct field version_item = {.kind = FIELD_WHOLE, .least = 0, .most = UINT16_MAX};

static const struct field welcome_table[] = {
    WHOLE(wire_welcome, session, 0, COUNT_MOST),
    WHOLE(wire_welcome, epoch, 0, COUNT_MOST),
    WHOLE(wire_welcome, lease_ms, 100, 600000),
    WHOLE(wire_welcome, hb_ms, 10, 60000),
    {.key = "proto", .kind = FIELD_LIST, .required = true, .offset = offsetof(struct wire_welcome, proto), .least = 2,
     .most = 2, .item = &version_item, .item_size = sizeof(int64_t), .capacity = 2,
     .count_offset = offsetof(struct wire_welcome, versions)},
};

static const struct field order_table[] = {
    NAME(wire_order, robot),
    WHOLE(wire_order, epoch, 0, NUMBER_MOST),
    WHOLE(wire_order, seq, 0, COUNT_MOST),
    NAME(wire_order, order),
    WHOLE(wire_order, upd, 0, NUMBER_MOST),
    {.key = "nodes", .kind = FIELD_LIST, .required = true, .offset = offsetof(struct wire_order, node), .least = 1,
     .most = WIRE_NODES, .item = &node_item, .item_size = sizeof(struct wire_node), .capacity = WIRE_NODES,
     .count_offset = offsetof(struct wire_order, nodes)},
    {.key = "edges", .kind = FIELD_LIST, .offset = offsetof(struct wire_order, edge), .most = WIRE_NODES,
     .item = &edge_item, .item_size = sizeof(struct wire_edge), .capacity = WIRE_NODES,
     .count_offset = offsetof(struct wire_order, edges)},
};

static const struct field instant_table[] = {
    NAME(wire_instant, robot),
    WHOLE(wire_instant, epoch, 0, NUMBER_MOST),
    WHOLE(wire_instant, seq, 0, COUNT_MOST),
    {.key = "actions", .kind = FIELD_LIST, .required = true, .offset = offsetof(struct wire_instant, action),
     .least = 1, .most = WIRE_ACTIONS, .item = &action_item, .item_size = sizeof(struct wire_action),
     .capacity = WIRE_ACTIONS, .count_offset = offsetof(struct wire_instant, actions)},
};

#define SIGNAL_FIELDS \
    WHOLE(wire_signal, session, 0, COUNT_MOST), WHOLE(wire_signal, epoch, 0, COUNT_MOST), \
        WHOLE(wire_signal, t, 0, COUNT_MOST)

static const struct field hb_table[] = {SIGNAL_FIELDS};

static const struct field bye_table[] = {
    SIGNAL_FIELDS,
    {.key = "reason", .kind = FIELD_TEXT, .offset = offsetof(struct wire_signal, reason), .most = TEXT_CHARACTERS},
};

static const struct field robot_item = {.kind = FIELD_TEXT, .least = 1, .most = NAME_CHARACTERS};

static const struct field resync_table[] = {
    SIGNAL_FIELDS,
    {.key = "robots", .kind = FIELD_LIST, .offset = offsetof(struct wire_signal, robot), .most = WIRE_ROBOTS,
     .item = &robot_item, .item_size = sizeof(struct slice), .capacity = WIRE_ROBOTS,
     .count_offset = offsetof(struct wire_signal, robots)},
};

static const struct {
    const char *name;
    struct fields fields;
} kinds[WIRE_KINDS] = {
    [WIRE_WELCOME] = {"welcome", TABLE(wire_welcome, welcome_table)},
    [WIRE_ORDER] = {"order", TABLE(wire_order, order_table)},
    [WIRE_INSTANT] = {"instant", TABLE(wire_instant, instant_table)},
    [WIRE_HB] = {"hb", TABLE(wire_signal, hb_table)},
    [WIRE_BYE] = {"bye", TABLE(wire_signal, bye_table)},
    [WIRE_RESYNC] = {"resync", TABLE(wire_signal, resync_table)},
};

static enum fault kind_named(struct slice name, enum wire_kind *kind) {
    for (int i = 0; i < WIRE_KINDS; i++) {
        if (slice_is(name, kinds[i].name)) {
            *kind = (enum wire_kind)i;
            return FAULT_NONE;
        }
    }
    return FAULT_KIND;
}

/* The kind of a message, wherever in the map its key `msg` stands. */
static enum fault find_kind(struct reader reader, enum wire_kind *kind) {
    struct value head, key, name;
    if (!reader_next(&reader, &head)) {
        return reader.fault;
    }
    if (head.kind != VALUE_MAP) {
        return FAULT_TYPE;
    }
    for (uint32_t pair = 0; pair < head.count; pair++) {
        if (!reader_next(&reader, &key)) {
            return reader.fault;
        }
        if (key.kind != VALUE_TEXT) {
            return FAULT_TYPE;
        }
        if (!slice_is(key.text, "msg")) {
            if (!reader_skip(&reader)) {
                return reader.fault;
            }
            continue;
        }
        if (!reader_next(&reader, &name)) {
            return reader.fault;
        }
        if (name.kind != VALUE_TEXT) {
            return FAULT_TYPE;
        }
        return kind_named(name.text, kind);
    }
    return FAULT_MALFORMED;
}

/* An item that is checked but not kept must fit in its place. */
typedef char largest_item_fits[sizeof(struct wire_action) <= FIELDS_LARGEST_ITEM ? 1 : -1];

enum fault wire_read(const unsigned char *bytes, size_t size, struct wire_message *message) {
    if (size > WIRE_FRAME_BYTES) {
        return FAULT_SIZE;
    }
    enum fault fault = reader_check(bytes, size);
    if (fault != FAULT_NONE) {
        return fault;
    }
    struct reader reader = {bytes, bytes + size, FAULT_NONE};
    fault = find_kind(reader, &message->kind);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fields_read(&reader, &kinds[message->kind].fields, &message->as);
    return reader.fault;
}

bool wire_has_theta(const struct wire_node *node) {
    return fields_present(&node_fields, node, "theta");
}

bool wire_has_vmax(const struct wire_edge *edge) {
    return fields_present(&edge_fields, edge, "vmax");
}

bool wire_has_param(const struct wire_params *params, const char *key) {
    return fields_present(&params_fields, params, key);
}
