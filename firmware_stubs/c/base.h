/* The base: entries that the robot may carry out, numbered from 0 for its whole life; rules 1 to 4 of the protocol.
 *
 * Entry k leads from node 2 k to node 2 k + 2. Entries below `confirmed` are done, those below `received` are to be
 * done; `first` is the oldest that is still remembered, and first <= confirmed <= received <= confirmed + BASE_AHEAD.
 */
#ifndef BASE_H
#define BASE_H

#include "name.h"
#include "pose.h"
#include "wire.h"

#define BASE_AHEAD 64
#define BASE_SLOTS 128

enum entry_kind { ENTRY_DRIVE, ENTRY_TURN, ENTRY_SERVE, ENTRY_CHARGE };

/* A node and how it is reached from the node before. */
struct entry {
    enum entry_kind kind;
    struct pose end;
    double length;  /* of a drive, metres */
    double vmax;    /* of a drive, m/s; 0 for no limit of its own */
    double seconds; /* of a service */
    struct name node, action;
};

struct base {
    int64_t epoch;
    int64_t raised_by; /* number of the order that raised it, -1 for an instant: copies of it add nothing either */
    struct name order;
    int64_t first, confirmed, received;
    struct pose start; /* node 2 * first */
    struct name start_node;
    struct entry slots[BASE_SLOTS];
};

/* What becomes of an order: NULL in `error` unless it is rejected. */
struct verdict {
    const char *result, *error;
};

/* A base with nothing to do, at `start`, with so many entries confirmed; epoch and order are kept. */
void base_begin(struct base *base, int64_t confirmed, const struct pose *start);

/* Entry number `number`, first <= number < received. */
const struct entry *base_entry(const struct base *base, int64_t number);

/* The entry to be carried out next, NULL if there is none. */
const struct entry *base_next(const struct base *base);

/* Place and name of the node where `entries` entries are done, first <= entries <= received. */
struct pose base_place(const struct base *base, int64_t entries);
struct slice base_node(const struct base *base, int64_t entries);

/* Drives that follow each other from the next entry on. */
int64_t base_run(const struct base *base);

/* Append an entry; the base must have room for it. */
void base_append(struct base *base, const struct entry *entry);

/* Rule 1: let the base grow by an order of the epoch that is obeyed, on a map. */
struct verdict base_grow(struct base *base, const struct wire_order *order, struct slice map);

/* Rules 3 and 11: keep only the next `keep` entries of what is not confirmed. */
void base_drop(struct base *base, int64_t keep);

/* Rule 4: the next entry is done. */
void base_confirm(struct base *base);

#endif
