#include "messages.h"

#include <math.h>

#include "hal.h"

#define BATTERY_WH 480.0
#define ACTIONS_MOST 64

static struct writer begin(struct frame *frame) {
    return writer_into(frame->bytes, sizeof frame->bytes);
}

static void begin_map(struct writer *writer, size_t fields, const char *kind) {
    write_map(writer, fields + 1);
    put_text(writer, "msg", slice_of(kind));
}

static void put_version(struct writer *writer) {
    write_key(writer, "proto");
    write_list(writer, 2);
    write_whole(writer, WIRE_MAJOR);
    write_whole(writer, WIRE_MINOR);
}

static void put_boot(struct writer *writer, const unsigned char *boot) {
    write_key(writer, "boot");
    write_bytes(writer, boot, BOOT_BYTES);
}

void hello_message(struct frame *frame, struct slice gateway, const unsigned char *boot, const struct robot *robot) {
    struct writer writer = begin(frame);
    const struct limits *limits = &robot->motion.limits;
    begin_map(&writer, 4, "hello");
    put_version(&writer);
    put_text(&writer, "gw", gateway);
    put_boot(&writer, boot);
    write_key(&writer, "robots");
    write_list(&writer, 1);
    write_map(&writer, 3);
    put_text(&writer, "manufacturer", slice_of("futurepark"));
    put_text(&writer, "serial", slice_of_name(&robot->serial));
    write_key(&writer, "factsheet");
    write_map(&writer, 5);
    put_text(&writer, "type", slice_of("stub-c"));
    put_real(&writer, "length", limits->length);
    put_real(&writer, "width", limits->width);
    put_real(&writer, "vmax", limits->speed);
    put_real(&writer, "battery", BATTERY_WH);
    frame->size = writer.size;
}

void ack_message(struct frame *frame, const struct robot *robot, int64_t re, const struct verdict *verdict) {
    struct writer writer = begin(frame);
    begin_map(&writer, verdict->error != NULL ? 4 : 3, "ack");
    put_text(&writer, "robot", slice_of_name(&robot->serial));
    put_whole(&writer, "re", re);
    put_text(&writer, "result", slice_of(verdict->result));
    if (verdict->error != NULL) {
        put_text(&writer, "error", slice_of(verdict->error));
    }
    frame->size = writer.size;
}

static void put_sighting(struct writer *writer, const struct robot *robot, const struct sighting *seen) {
    put_whole(writer, "t", seen->utc_ns);
    write_key(writer, "pose");
    write_map(writer, 5);
    put_real(writer, "x", seen->pose.x);
    put_real(writer, "y", seen->pose.y);
    put_real(writer, "theta", seen->pose.theta);
    put_text(writer, "map", slice_of_name(&robot->map));
    put_bool(writer, "ok", !robot->lost);
    write_key(writer, "vel");
    write_map(writer, 2);
    put_real(writer, "v", seen->v);
    put_real(writer, "w", seen->w);
}

void pose_message(struct frame *frame, const struct robot *robot, const struct sighting *seen, int64_t seq) {
    struct writer writer = begin(frame);
    begin_map(&writer, 5, "pose");
    put_text(&writer, "robot", slice_of_name(&robot->serial));
    put_whole(&writer, "seq", seq);
    put_sighting(&writer, robot, seen);
    frame->size = writer.size;
}

static void put_mark(struct writer *writer, const struct session_mark *mark) {
    put_whole(writer, "session", mark->session);
    put_whole(writer, "epoch", mark->epoch);
    put_whole(writer, "t", mark->utc_ns);
}

void hb_message(struct frame *frame, const struct session_mark *mark) {
    struct writer writer = begin(frame);
    begin_map(&writer, 3, "hb");
    put_mark(&writer, mark);
    frame->size = writer.size;
}

void bye_message(struct frame *frame, const struct session_mark *mark, const char *reason) {
    struct writer writer = begin(frame);
    begin_map(&writer, 4, "bye");
    put_mark(&writer, mark);
    put_text(&writer, "reason", slice_of(reason));
    frame->size = writer.size;
}

void resync_message(struct frame *frame, const struct session_mark *mark, const struct robot *robot) {
    struct writer writer = begin(frame);
    begin_map(&writer, 4, "resync");
    put_mark(&writer, mark);
    write_key(&writer, "robots");
    write_list(&writer, 1);
    write_text(&writer, slice_of_name(&robot->serial));
    frame->size = writer.size;
}

static void put_numbers_left(struct writer *writer, const struct base *base) {
    write_key(writer, "nodes");
    write_list(writer, (size_t)(base->received - base->confirmed));
    for (int64_t i = base->confirmed; i < base->received; i++) {
        write_whole(writer, 2 * i + 2);
    }
    write_key(writer, "edges");
    write_list(writer, (size_t)(base->received - base->confirmed));
    for (int64_t i = base->confirmed; i < base->received; i++) {
        write_whole(writer, 2 * i + 1);
    }
}

static void write_action(struct writer *writer, struct slice id, const char *status, double left) {
    write_map(writer, 3);
    put_text(writer, "id", id);
    put_text(writer, "status", slice_of(status));
    put_real(writer, "left", left);
}

static const char *status_of(const struct robot *robot, int64_t number) {
    bool under_way = number == robot->base.confirmed && robot->motion.doing == DOING_SERVE;
    bool stands = robot->paused || robot->estop || robot->lost || robot->failed;
    return !under_way ? "WAITING" : stands ? "PAUSED" : "RUNNING";
}

/* Actions of the base that are not over; at most `most`, all of them counted when there is nowhere to write. */
static size_t write_base_actions(struct writer *writer, const struct robot *robot, double left_s, size_t most) {
    const struct base *base = &robot->base;
    size_t count = 0;
    for (int64_t i = base->confirmed; i < base->received && count < most; i++) {
        const struct entry *entry = base_entry(base, i);
        if (entry->action.size == 0) {
            continue;
        }
        count++;
        if (writer != NULL) {
            bool serving = i == base->confirmed && robot->motion.doing == DOING_SERVE;
            double left = serving ? fmax(left_s, 0.0) : entry->seconds;
            write_action(writer, slice_of_name(&entry->action), status_of(robot, i), left);
        }
    }
    return count;
}

static void put_actions(struct writer *writer, const struct robot *robot, double left_s, size_t most) {
    size_t told = robot->told_count < INSTANTS_TOLD ? robot->told_count : INSTANTS_TOLD;
    size_t over = robot->over.size > 0 ? 1 : 0;
    write_key(writer, "actions");
    write_list(writer, told + over + write_base_actions(NULL, robot, left_s, most));
    for (size_t i = 0; i < told; i++) {
        write_action(writer, slice_of_name(&robot->told[i]), "FINISHED", 0.0);
    }
    if (over > 0) {
        write_action(writer, slice_of_name(&robot->over), "FINISHED", 0.0);
    }
    write_base_actions(writer, robot, left_s, most);
}

static void put_errors(struct writer *writer, const struct robot *robot) {
    const struct {
        bool is_so;
        const char *type, *level;
    } errors[] = {{robot->blocked, "blocked", "WARNING"},
                  {robot->failed, "failed", "FATAL"},
                  {robot->lost, "lost", "FATAL"}};
    write_key(writer, "errors");
    write_list(writer, (size_t)robot->blocked + (size_t)robot->failed + (size_t)robot->lost);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].is_so) {
            write_map(writer, 2);
            put_text(writer, "type", slice_of(errors[i].type));
            put_text(writer, "level", slice_of(errors[i].level));
        }
    }
}

static void write_state(struct writer *writer, const struct robot *robot, const struct sighting *seen,
                        const struct report_mark *mark, size_t actions) {
    const struct base *base = &robot->base;
    struct hal_battery battery = hal_battery();
    begin_map(writer, 22, "state");
    put_text(writer, "robot", slice_of_name(&robot->serial));
    put_boot(writer, mark->boot);
    put_whole(writer, "seq", mark->seq);
    put_sighting(writer, robot, seen);
    put_whole(writer, "epoch", base->epoch);
    put_text(writer, "order", slice_of_name(&base->order));
    put_whole(writer, "upd", base->received);
    put_text(writer, "last_node", base_node(base, base->confirmed));
    put_whole(writer, "last_seq", 2 * base->confirmed);
    put_real(writer, "soc", battery.percent);
    put_numbers_left(writer, base);
    put_actions(writer, robot, seen->left_s, actions);
    put_bool(writer, "driving", !robot->motion.at_rest);
    put_bool(writer, "paused", robot->paused && robot->motion.at_rest);
    put_bool(writer, "charging", robot->charging);
    put_text(writer, "mode", slice_of("AUTOMATIC"));
    put_text(writer, "estop", slice_of(robot->estop ? "MANUAL" : "NONE"));
    put_errors(writer, robot);
    put_real(writer, "energy", battery.drawn_wh);
}

void state_message(struct frame *frame, const struct robot *robot, const struct sighting *seen,
                   const struct report_mark *mark) {
    size_t actions = ACTIONS_MOST - INSTANTS_TOLD - 1;
    struct writer writer;
    do {
        writer = begin(frame);
        write_state(&writer, robot, seen, mark, actions);
        actions /= 2;
    } while (writer.full && actions > 0);
    frame->size = writer.size;
}
