#include "memory.h"

#include <math.h>

#include "fields.h"
#include "writer.h"

#define CHECKSUM_BYTES 4
#define METRES 1000000
#define ASTRAY_M 0.1 /* so far off its line no robot is that follows its base */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The maps of both cells, as they are read. */
struct kept_place {
    uint32_t present;
    double x, y, theta;
};

/* Where the robot is; while a service is under way, which entry it is and what is left of it. */
struct kept_pose {
    uint32_t present;
    struct kept_place at;
    int64_t entry;
    double left;
};

struct kept_entry {
    uint32_t present;
    int64_t kind;
    struct kept_place end;
    double length, vmax, seconds;
    struct slice node, action;
};

struct kept_base {
    uint32_t present;
    struct slice robot, map, order, node, over, instants;
    int64_t epoch, raised_by, confirmed, controller, instants_next;
    struct kept_place place;
    bool paused, estop, lost, charging;
    double limit;
    uint32_t entries;
    struct kept_entry entry[BASE_AHEAD];
};

#define FIELD(type, member, of, low, high) \
    {.key = #member, .kind = (of), .required = true, .offset = offsetof(struct type, member), .least = (low), \
     .most = (high)}
#define PLACE(type, member) \
    {.key = #member, .kind = FIELD_MAP, .required = true, .offset = offsetof(struct type, member), .map = &place_fields}

static const struct field place_table[] = {
    FIELD(kept_place, x, FIELD_REAL, -METRES, METRES),
    FIELD(kept_place, y, FIELD_REAL, -METRES, METRES),
    FIELD(kept_place, theta, FIELD_REAL, -METRES, METRES),
};
static const struct fields place_fields = {place_table, COUNT_OF(place_table), sizeof(struct kept_place)};

static const struct field pose_table[] = {
    PLACE(kept_pose, at),
    FIELD(kept_pose, entry, FIELD_WHOLE, 0, INT32_MAX),
    FIELD(kept_pose, left, FIELD_REAL, 0, METRES),
};
static const struct fields pose_fields = {pose_table, COUNT_OF(pose_table), sizeof(struct kept_pose)};

static const struct field entry_table[] = {
    FIELD(kept_entry, kind, FIELD_WHOLE, ENTRY_DRIVE, ENTRY_CHARGE),
    PLACE(kept_entry, end),
    FIELD(kept_entry, length, FIELD_REAL, 0, METRES),
    FIELD(kept_entry, vmax, FIELD_REAL, 0, METRES),
    FIELD(kept_entry, seconds, FIELD_REAL, 0, METRES),
    FIELD(kept_entry, node, FIELD_TEXT, 0, NAME_CHARACTERS),
    FIELD(kept_entry, action, FIELD_TEXT, 0, NAME_CHARACTERS),
};
static const struct fields entry_fields = {entry_table, COUNT_OF(entry_table), sizeof(struct kept_entry)};
static const struct field entry_item = {.kind = FIELD_MAP, .map = &entry_fields};

static const struct field base_table[] = {
    FIELD(kept_base, robot, FIELD_TEXT, 1, NAME_CHARACTERS),
    FIELD(kept_base, map, FIELD_TEXT, 1, NAME_CHARACTERS),
    FIELD(kept_base, order, FIELD_TEXT, 0, NAME_CHARACTERS),
    FIELD(kept_base, node, FIELD_TEXT, 0, NAME_CHARACTERS),
    FIELD(kept_base, over, FIELD_TEXT, 0, NAME_CHARACTERS),
    FIELD(kept_base, epoch, FIELD_WHOLE, 0, INT32_MAX),
    FIELD(kept_base, raised_by, FIELD_WHOLE, -1, INT64_MAX),
    FIELD(kept_base, confirmed, FIELD_WHOLE, 0, INT32_MAX),
    FIELD(kept_base, controller, FIELD_WHOLE, 0, INT64_MAX),
    PLACE(kept_base, place),
    FIELD(kept_base, paused, FIELD_BOOL, 0, 0),
    FIELD(kept_base, estop, FIELD_BOOL, 0, 0),
    FIELD(kept_base, lost, FIELD_BOOL, 0, 0),
    FIELD(kept_base, charging, FIELD_BOOL, 0, 0),
    {.key = "limit", .kind = FIELD_REAL, .nullable = true, .offset = offsetof(struct kept_base, limit), .most = METRES},
    FIELD(kept_base, instants, FIELD_BYTES, 0, 8 * INSTANTS_KEPT),
    FIELD(kept_base, instants_next, FIELD_WHOLE, 0, INT32_MAX),
    {.key = "entries", .kind = FIELD_LIST, .required = true, .offset = offsetof(struct kept_base, entry),
     .most = BASE_AHEAD, .item = &entry_item, .item_size = sizeof(struct kept_entry), .capacity = BASE_AHEAD,
     .count_offset = offsetof(struct kept_base, entries)},
};
static const struct fields base_fields = {base_table, COUNT_OF(base_table), sizeof(struct kept_base)};

static unsigned char cell[HAL_NV_BYTES];

/* CRC-32 as in IEEE 802.3. */
static uint32_t checksum(const unsigned char *data, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
        }
    }
    return ~crc;
}

static size_t sealed(unsigned char *bytes, const struct writer *writer) {
    uint32_t crc = checksum(writer->bytes, writer->size);
    for (size_t i = 0; i < CHECKSUM_BYTES; i++) {
        bytes[i] = (unsigned char)(crc >> (8 * i));
    }
    return CHECKSUM_BYTES + writer->size;
}

static bool read_sealed(const unsigned char *bytes, size_t size, const struct fields *fields, void *kept) {
    if (size < CHECKSUM_BYTES) {
        return false;
    }
    uint32_t crc = checksum(bytes + CHECKSUM_BYTES, size - CHECKSUM_BYTES), written = 0;
    for (size_t i = 0; i < CHECKSUM_BYTES; i++) {
        written |= (uint32_t)bytes[i] << (8 * i);
    }
    struct reader reader = {bytes + CHECKSUM_BYTES, bytes + size, FAULT_NONE};
    return crc == written && fields_read(&reader, fields, kept);
}

static void put_place(struct writer *writer, const char *key, const struct pose *pose) {
    write_key(writer, key);
    write_map(writer, 3);
    put_real(writer, "x", pose->x);
    put_real(writer, "y", pose->y);
    put_real(writer, "theta", pose->theta);
}

static void write_entry(struct writer *writer, const struct entry *entry) {
    write_map(writer, COUNT_OF(entry_table));
    put_whole(writer, "kind", entry->kind);
    put_place(writer, "end", &entry->end);
    put_real(writer, "length", entry->length);
    put_real(writer, "vmax", entry->vmax);
    put_real(writer, "seconds", entry->seconds);
    put_text(writer, "node", slice_of_name(&entry->node));
    put_text(writer, "action", slice_of_name(&entry->action));
}

static void put_instants(struct writer *writer, const struct robot *robot) {
    unsigned char marks[8 * INSTANTS_KEPT];
    size_t kept = robot->instants_next < INSTANTS_KEPT ? robot->instants_next : INSTANTS_KEPT;
    for (size_t i = 0; i < 8 * kept; i++) {
        marks[i] = (unsigned char)(robot->instants[i / 8] >> (8 * (i % 8)));
    }
    write_key(writer, "instants");
    write_bytes(writer, marks, 8 * kept);
    put_whole(writer, "instants_next", robot->instants_next);
}

static void put_entries(struct writer *writer, const struct base *base) {
    write_key(writer, "entries");
    write_list(writer, (size_t)(base->received - base->confirmed));
    for (int64_t i = base->confirmed; i < base->received; i++) {
        write_entry(writer, base_entry(base, i));
    }
}

size_t memory_of_base(const struct robot *robot, unsigned char bytes[HAL_NV_BYTES]) {
    struct writer writer = writer_into(bytes + CHECKSUM_BYTES, HAL_NV_BYTES - CHECKSUM_BYTES);
    const struct base *base = &robot->base;
    struct pose place = base_place(base, base->confirmed);
    bool limited = robot->speed_limit < HUGE_VAL;
    write_map(&writer, COUNT_OF(base_table) - (limited ? 0 : 1));
    put_text(&writer, "robot", slice_of_name(&robot->serial));
    put_text(&writer, "map", slice_of_name(&robot->map));
    put_text(&writer, "order", slice_of_name(&base->order));
    put_text(&writer, "node", base_node(base, base->confirmed));
    put_text(&writer, "over", slice_of_name(&robot->over));
    put_whole(&writer, "epoch", base->epoch);
    put_whole(&writer, "raised_by", base->raised_by);
    put_whole(&writer, "confirmed", base->confirmed);
    put_whole(&writer, "controller", robot->controller_epoch);
    put_place(&writer, "place", &place);
    put_bool(&writer, "paused", robot->paused);
    put_bool(&writer, "estop", robot->estop);
    put_bool(&writer, "lost", robot->lost);
    put_bool(&writer, "charging", robot->charging);
    if (limited) {
        put_real(&writer, "limit", robot->speed_limit);
    }
    put_instants(&writer, robot);
    put_entries(&writer, base);
    return sealed(bytes, &writer);
}

size_t memory_of_pose(const struct robot *robot, unsigned char bytes[HAL_NV_BYTES]) {
    struct writer writer = writer_into(bytes + CHECKSUM_BYTES, HAL_NV_BYTES - CHECKSUM_BYTES);
    write_map(&writer, COUNT_OF(pose_table));
    put_place(&writer, "at", &robot->motion.pose);
    put_whole(&writer, "entry", robot->base.confirmed);
    put_real(&writer, "left", fmax(robot->motion.left_s, 0.0));
    return sealed(bytes, &writer);
}

static void recall_entries(struct base *base, const struct kept_base *kept) {
    for (uint32_t i = 0; i < kept->entries; i++) {
        const struct kept_entry *from = &kept->entry[i];
        struct entry entry = {.kind = (enum entry_kind)from->kind,
                              .end = {from->end.x, from->end.y, from->end.theta},
                              .length = from->length,
                              .vmax = from->vmax,
                              .seconds = from->seconds};
        name_set(&entry.node, from->node);
        name_set(&entry.action, from->action);
        base_append(base, &entry);
    }
}

static void recall_instants(struct robot *robot, const struct kept_base *kept) {
    robot->instants_next = (uint32_t)kept->instants_next;
    for (size_t i = 0; i < kept->instants.size; i++) {
        robot->instants[i / 8] |= (uint64_t)(unsigned char)kept->instants.at[i] << (8 * (i % 8));
    }
}

static void recall_base(struct robot *robot, const struct kept_base *kept) {
    struct base *base = &robot->base;
    struct pose place = {kept->place.x, kept->place.y, kept->place.theta};
    name_set(&robot->map, kept->map);
    name_set(&robot->over, kept->over);
    base_begin(base, kept->confirmed, &place);
    base->epoch = kept->epoch;
    base->raised_by = kept->raised_by;
    name_set(&base->order, kept->order);
    name_set(&base->start_node, kept->node);
    recall_entries(base, kept);
    recall_instants(robot, kept);
    robot->paused = kept->paused;
    robot->estop = kept->estop;
    robot->lost = kept->lost;
    robot->controller_epoch = kept->controller;
    robot->speed_limit = fields_present(&base_fields, kept, "limit") ? kept->limit : HUGE_VAL;
    hal_reach_for_charger(kept->charging);
}

/* Stand where the robot was last seen. It is lost where that is not on its way, or not known. */
static void recall_pose(struct robot *robot) {
    struct kept_pose kept;
    struct limits limits = robot->motion.limits;
    struct pose pose = base_place(&robot->base, robot->base.confirmed);
    size_t size = hal_nv_read(HAL_NV_POSE, cell);
    if (read_sealed(cell, size, &pose_fields, &kept)) {
        struct pose last = pose;
        pose = (struct pose){kept.at.x, kept.at.y, kept.at.theta};
        robot->lost = robot->lost || fabs(distance_aside(&last, &pose)) > ASTRAY_M;
    } else {
        kept.left = 0.0;
        robot->lost = true;
    }
    motion_begin(&robot->motion, &limits, &robot->base, &pose);
    const struct entry *next = base_next(&robot->base);
    if (next != NULL && next->kind == ENTRY_SERVE && kept.left > 0.0 && kept.entry == robot->base.confirmed) {
        motion_serve(&robot->motion, kept.left);
    }
}

enum recall memory_recall(struct robot *robot) {
    static struct kept_base kept;
    size_t size = hal_nv_read(HAL_NV_BASE, cell);
    if (size == 0) {
        return RECALL_EMPTY;
    }
    if (!read_sealed(cell, size, &base_fields, &kept)) {
        return RECALL_DAMAGED;
    }
    if (!slice_equal(kept.robot, slice_of_name(&robot->serial))) {
        return RECALL_OTHER_ROBOT;
    }
    recall_base(robot, &kept);
    recall_pose(robot);
    return RECALL_GOOD;
}
