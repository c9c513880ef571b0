#include "base.h"

#include <math.h>
#include <stddef.h>

#define SAME_M 0.01 /* two places are the same */
#define SAME_RAD 0.01

static bool same_place(const struct pose *place, const struct wire_node *node) {
    return hypot(node->x - place->x, node->y - place->y) < SAME_M &&
           (!wire_has_theta(node) || fabs(angle_between(place->theta, node->theta)) < SAME_RAD);
}

void base_begin(struct base *base, int64_t confirmed, const struct pose *start) {
    base->first = base->confirmed = base->received = confirmed;
    base->start = *start;
    base->start_node.size = 0;
}

const struct entry *base_entry(const struct base *base, int64_t number) {
    return &base->slots[number % BASE_SLOTS];
}

const struct entry *base_next(const struct base *base) {
    return base->received > base->confirmed ? base_entry(base, base->confirmed) : NULL;
}

struct pose base_place(const struct base *base, int64_t entries) {
    return entries == base->first ? base->start : base_entry(base, entries - 1)->end;
}

struct slice base_node(const struct base *base, int64_t entries) {
    return slice_of_name(entries == base->first ? &base->start_node : &base_entry(base, entries - 1)->node);
}

int64_t base_run(const struct base *base) {
    int64_t end = base->confirmed;
    while (end < base->received && base_entry(base, end)->kind == ENTRY_DRIVE) {
        end++;
    }
    return end - base->confirmed;
}

void base_append(struct base *base, const struct entry *entry) {
    if (base->received - base->first == BASE_SLOTS) {
        const struct entry *oldest = base_entry(base, base->first);
        base->start = oldest->end;
        base->start_node = oldest->node;
        base->first++;
    }
    base->slots[base->received % BASE_SLOTS] = *entry;
    base->received++;
}

void base_confirm(struct base *base) {
    base->confirmed++;
}

void base_drop(struct base *base, int64_t keep) {
    base->received = base->confirmed + keep;
}

static bool read_action(const struct wire_node *node, struct entry *entry, const char **error) {
    const struct wire_action *action = &node->action;
    *error = "unknown_action";
    if (node->actions > 1) {
        return false;
    }
    if (slice_is(action->type, "service")) {
        entry->kind = ENTRY_SERVE;
        entry->seconds = action->params.seconds;
    } else if (slice_is(action->type, "startCharging")) {
        entry->kind = ENTRY_CHARGE;
    } else {
        return false;
    }
    name_set(&entry->action, action->id);
    return true;
}

/* What leads from a place to a node: one of the four kinds of entry, or nothing that a robot does. */
static bool read_entry(const struct pose *before, const struct wire_node *node, const struct wire_edge *edge,
                       struct entry *entry, const char **error) {
    double theta = wire_has_theta(node) ? node->theta : before->theta;
    *entry = (struct entry){.end = {node->x, node->y, theta}, .vmax = wire_has_vmax(edge) ? edge->vmax : 0.0};
    double turned = fabs(angle_between(before->theta, theta));
    double ahead = distance_ahead(before, &entry->end), aside = distance_aside(before, &entry->end);
    bool here = hypot(ahead, aside) < SAME_M, straight = turned < SAME_RAD;
    name_set(&entry->node, node->id);
    if (edge->actions > 0) {
        *error = "unknown_action";
        return false;
    }
    if (node->actions > 0) {
        if (!read_action(node, entry, error)) {
            return false;
        }
        *error = "impossible";
        return here && straight;
    }
    *error = "impossible";
    if (straight) {
        entry->kind = ENTRY_DRIVE;
        entry->length = ahead;
        return ahead > SAME_M && fabs(aside) < SAME_M;
    }
    entry->kind = ENTRY_TURN;
    return here && fabs(turned - QUARTER_TURN) < SAME_RAD;
}

/* Nodes are numbered 2 i, 2 i + 2, ... and the edges between them 2 i + 1, ...; returns how many nodes are released. */
static uint32_t released(const struct wire_order *order, bool *numbered) {
    uint32_t nodes = order->nodes;
    *numbered = order->edges == nodes - 1 && order->node[0].seq % 2 == 0;
    for (uint32_t i = 0; i < nodes && *numbered; i++) {
        *numbered = order->node[i].seq == order->node[0].seq + 2 * (int64_t)i &&
                    (i == 0 || order->edge[i - 1].seq == order->node[i].seq - 1);
    }
    uint32_t count = 0;
    while (count < nodes && order->node[count].rel && (count == 0 || order->edge[count - 1].rel)) {
        count++;
    }
    return count;
}

/* Whether a node that the robot has is what the order says. The first node need not repeat what was done there. */
static bool is_unchanged(const struct base *base, int64_t entries, const struct wire_node *node, bool stitch) {
    struct pose place = base_place(base, entries);
    if (!same_place(&place, node)) {
        return false;
    }
    if (entries == base->first || (stitch && node->actions == 0)) {
        return true;
    }
    const struct entry *entry = base_entry(base, entries - 1);
    struct slice type = entry->kind == ENTRY_SERVE    ? slice_of("service")
                        : entry->kind == ENTRY_CHARGE ? slice_of("startCharging")
                                                      : slice_of("");
    if (type.size == 0 || node->actions != 1) {
        return type.size == 0 && node->actions == 0;
    }
    return slice_equal(node->action.type, type) && slice_equal(node->action.id, slice_of_name(&entry->action)) &&
           (entry->kind == ENTRY_CHARGE || fabs(node->action.params.seconds - entry->seconds) < 1e-6);
}

/* Why an order cannot be taken, NULL if it can. Its new entries go to `entries`; nothing of the base is changed. */
static const char *refusal(const struct base *base, const struct wire_order *order, struct slice map,
                           struct entry entries[WIRE_NODES], uint32_t *added) {
    bool numbered;
    const char *error = NULL;
    uint32_t nodes = released(order, &numbered);
    int64_t begins = order->node[0].seq / 2;
    *added = 0;
    if (!numbered) {
        return "numbers";
    }
    if (begins > base->received) {
        return "gap";
    }
    struct pose end = base_place(base, base->received);
    for (uint32_t i = 0; i < nodes; i++) {
        const struct wire_node *node = &order->node[i];
        int64_t done = begins + i;
        if (!slice_equal(node->map, map)) {
            return "map";
        }
        if (done > base->received) {
            if (!read_entry(&end, node, &order->edge[i - 1], &entries[*added], &error)) {
                return error;
            }
            end = entries[(*added)++].end;
        } else if (done >= base->first && !is_unchanged(base, done, node, i == 0)) {
            return "changed";
        }
    }
    return base->received + *added - base->confirmed > BASE_AHEAD ? "full" : NULL;
}

struct verdict base_grow(struct base *base, const struct wire_order *order, struct slice map) {
    static struct entry entries[WIRE_NODES]; /* some 20 KiB: too much for the stack of a control loop */
    uint32_t added;
    if (order->seq == base->raised_by) {
        return (struct verdict){"duplicate", NULL};
    }
    const char *error = refusal(base, order, map, entries, &added);
    if (error != NULL) {
        return (struct verdict){"rejected", error};
    }
    for (uint32_t i = 0; i < added; i++) {
        base_append(base, &entries[i]);
    }
    name_set(&base->order, order->order);
    return (struct verdict){added > 0 ? "accepted" : "duplicate", NULL};
}
