#include "session.h"

#include <stdio.h>

#define MS INT64_C(1000000)
#define PATIENCE_NS (3000 * MS) /* for a welcome, before the next endpoint is tried */
#define BYE_PAUSE_NS (1000 * MS)
#define PAUSE_LEAST_NS (100 * MS)
#define PAUSE_MOST_NS (1000 * MS)
#define STATE_NS (1000 * MS)
#define MESSAGES_A_TICK 16

static struct wire_message message; /* some 20 KiB, read into again and again */
static struct frame frame;

bool session_begin(struct session *session, const struct session_params *params, struct robot *robot,
                   struct records *records) {
    session->params = *params;
    session->robot = robot;
    session->records = records;
    session->endpoint = params->endpoint_count - 1;
    session->pause_ns = PAUSE_LEAST_NS;
    session->deadline_ns = hal_monotonic_ns();
    hal_random(session->boot, BOOT_BYTES);
    return link_begin(&session->link, &params->keys);
}

static struct session_mark mark_of(const struct session *session) {
    int64_t number = session->phase == SESSION_OPEN ? session->number : 0;
    return (struct session_mark){number, session->robot->controller_epoch, hal_utc_ns()};
}

/* Let go of the connection, and of acknowledgements: on a new one the controller repeats what it wants to know. */
static void part(struct session *session, int64_t pause_ns) {
    link_close(&session->link);
    session->phase = SESSION_APART;
    session->acks_count = 0;
    session->deadline_ns = hal_monotonic_ns() + pause_ns;
}

static void refuse(struct session *session, const char *reason) {
    struct session_mark mark = mark_of(session);
    bye_message(&frame, &mark, reason);
    link_send(&session->link, &frame);
    part(session, BYE_PAUSE_NS);
}

static void drop(struct session *session, const char *why) {
    session->dropped++;
    if ((session->dropped & (session->dropped - 1)) == 0) { /* the first, second, fourth, eighth, ... */
        fprintf(stderr, "robot: dropped a message: %s (%lu so far)\n", why, session->dropped);
    }
}

static void greet(struct session *session) {
    session->endpoint = (session->endpoint + 1) % session->params.endpoint_count;
    session->greeted = false;
    if (!link_connect(&session->link, session->params.endpoints[session->endpoint])) {
        part(session, BYE_PAUSE_NS);
        return;
    }
    session->phase = SESSION_GREETING;
    session->deadline_ns = hal_monotonic_ns() + PATIENCE_NS;
}

static void take_welcome(struct session *session, const struct wire_welcome *welcome) {
    int64_t now = hal_monotonic_ns();
    if (!robot_hears_controller(session->robot, welcome->epoch)) {
        refuse(session, "a newer controller has spoken");
        return;
    }
    if (welcome->proto[0] != WIRE_MAJOR) {
        refuse(session, "no version in common");
        return;
    }
    session->phase = SESSION_OPEN;
    session->number = welcome->session;
    session->lease_ns = welcome->lease_ms * MS;
    session->hb_ns = welcome->hb_ms * MS;
    session->pause_ns = PAUSE_LEAST_NS;
    session->deadline_ns = now + session->lease_ns;
    session->hb_due_ns = now;
    session->robot->state_wanted = true;
}

/* hb and resync of this session. */
static void take_signal(struct session *session, const struct wire_signal *signal, bool resync) {
    struct slice serial = slice_of_name(&session->robot->serial);
    if (signal->session != session->number) {
        drop(session, "of another session");
        return;
    }
    if (!robot_hears_controller(session->robot, signal->epoch)) {
        refuse(session, "a newer controller has spoken");
        return;
    }
    session->deadline_ns = hal_monotonic_ns() + session->lease_ns;
    bool meant = signal->robots == 0;
    for (uint32_t i = 0; i < signal->robots; i++) {
        meant = meant || slice_equal(signal->robot[i], serial);
    }
    if (resync && meant) {
        session->robot->state_wanted = true;
    }
}

static void acknowledge(struct session *session, int64_t re, struct verdict verdict) {
    size_t place = (session->acks_first + session->acks_count) % SESSION_ACKS;
    session->acks[place] = (struct ack){re, verdict, session->robot->version};
    session->acks_count++;
    session->deadline_ns = hal_monotonic_ns() + session->lease_ns;
}

static void take_command(struct session *session) {
    bool is_order = message.kind == WIRE_ORDER;
    struct slice robot = is_order ? message.as.order.robot : message.as.instant.robot;
    if (!slice_equal(robot, slice_of_name(&session->robot->serial))) {
        drop(session, "for another robot");
    } else if (is_order) {
        acknowledge(session, message.as.order.seq, robot_take_order(session->robot, &message.as.order));
    } else {
        acknowledge(session, message.as.instant.seq, robot_take_instant(session->robot, &message.as.instant));
    }
}

static void take(struct session *session) {
    const struct wire_signal *signal = &message.as.signal;
    bool open = session->phase == SESSION_OPEN;
    if (message.kind == WIRE_WELCOME) {
        take_welcome(session, &message.as.welcome);
    } else if (message.kind == WIRE_BYE) {
        if (signal->session == 0 || (open && signal->session == session->number)) {
            part(session, BYE_PAUSE_NS);
        }
    } else if (!open) {
        drop(session, "before a welcome");
    } else if (message.kind == WIRE_HB || message.kind == WIRE_RESYNC) {
        take_signal(session, signal, message.kind == WIRE_RESYNC);
    } else {
        take_command(session);
    }
}

static void receive(struct session *session) {
    /* What the robot cannot answer yet waits in the network. */
    for (int i = 0; i < MESSAGES_A_TICK && session->acks_count < SESSION_ACKS; i++) {
        enum fault fault;
        enum link_received received = link_receive(&session->link, &frame, &fault);
        if (received == LINK_NOTHING) {
            return;
        }
        if (received == LINK_FRAME) {
            fault = wire_read(frame.bytes, frame.size, &message);
        }
        if (fault != FAULT_NONE) {
            drop(session, fault_name(fault));
        } else {
            take(session);
        }
    }
}

static void send_acks(struct session *session) {
    while (session->acks_count > 0) {
        const struct ack *ack = &session->acks[session->acks_first];
        if (!records_hold(session->records, ack->version)) {
            return;
        }
        ack_message(&frame, session->robot, ack->re, &ack->verdict);
        if (!link_send(&session->link, &frame)) {
            return;
        }
        session->acks_first = (session->acks_first + 1) % SESSION_ACKS;
        session->acks_count--;
    }
}

static void send_signals(struct session *session, int64_t now) {
    struct session_mark mark = mark_of(session);
    if (!session->asked) {
        resync_message(&frame, &mark, session->robot);
        session->asked = link_send(&session->link, &frame);
    }
    if (now >= session->hb_due_ns) {
        hb_message(&frame, &mark);
        if (link_send(&session->link, &frame)) {
            session->hb_due_ns = now + session->hb_ns;
        }
    }
}

/* All that a state tells at once when it changes, in one number: what is remembered, and what is not. */
static uint64_t facts_of(const struct robot *robot) {
    unsigned flags =
        (unsigned)robot->blocked | (unsigned)robot->failed << 1 | (unsigned)robot->motion.at_rest << 2;
    return robot->version << 3 | flags;
}

static void send_reports(struct session *session, int64_t now) {
    struct robot *robot = session->robot;
    struct sighting seen = session->records->pose_written;
    uint64_t facts = facts_of(robot);
    bool due = robot->state_wanted || facts != session->told || now >= session->state_due_ns;
    if (due && records_current(session->records, robot)) {
        struct report_mark mark = {session->boot, session->seq + 1};
        if (robot->motion.at_rest) {
            seen.utc_ns = hal_utc_ns();
        }
        state_message(&frame, robot, &seen, &mark);
        if (link_send(&session->link, &frame)) {
            session->seq++;
            session->told = facts;
            session->poses_told = session->records->poses_written;
            session->state_due_ns = now + STATE_NS;
            robot->state_wanted = false;
            robot->told_count = 0;
        }
    }
    /* No pose before the first state, and none when a state is about to say more. */
    if (!due && session->records->poses_written != session->poses_told) {
        pose_message(&frame, robot, &seen, session->seq + 1);
        session->seq += link_send(&session->link, &frame);
        session->poses_told = session->records->poses_written;
    }
}

void session_step(struct session *session) {
    int64_t now = hal_monotonic_ns();
    if (link_broken(&session->link) && session->phase != SESSION_APART) {
        part(session, session->pause_ns);
        session->pause_ns = 2 * session->pause_ns < PAUSE_MOST_NS ? 2 * session->pause_ns : PAUSE_MOST_NS;
    }
    receive(session);
    if (now >= session->deadline_ns) {
        greet(session);
    }
    if (session->phase == SESSION_GREETING && !session->greeted) {
        hello_message(&frame, session->params.gateway, session->boot, session->robot);
        session->greeted = link_send(&session->link, &frame);
    }
    if (session->phase == SESSION_OPEN) {
        send_acks(session);
        send_signals(session, now);
        send_reports(session, now);
    }
}

void session_end(struct session *session) {
    if (session->phase == SESSION_OPEN) {
        refuse(session, "the robot is switched off");
    }
    link_end(&session->link);
}
