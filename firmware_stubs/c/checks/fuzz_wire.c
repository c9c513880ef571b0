/* fuzz_wire SEED COUNT: reads good frames on standard input, then feeds COUNT mutated ones to the decoder, and the
 * orders among them that pass to a base. The sanitizers and the checks below say whether anything is wrong. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base.h"
#include "../wire.h"
#include "frames.h"

#define CORPUS 64
#define MUTATIONS 3

static struct {
    unsigned char bytes[WIRE_FRAME_BYTES];
    size_t size;
} corpus[CORPUS];
static size_t corpus_size;
static uint64_t random_state;

/* xorshift64*, S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static size_t below(size_t limit) {
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (size_t)((random_state * 0x2545F4914F6CDD1Du) >> 33) % limit;
}

/* First bytes of MessagePack values, more of them of those that tell a length. */
static const unsigned char heads[] = {
    0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC4, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB,
    0xCC, 0xCF, 0xD0, 0xD3, 0xD4, 0xD8, 0xD9, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xFF, 0x7F,
};

static size_t mutate(unsigned char *bytes, size_t size) {
    size_t at = size > 0 ? below(size) : 0;
    size_t length = size > at ? 1 + below(size - at) : 0;
    switch (below(7)) {
    case 0:
        if (size > 0) {
            bytes[at] ^= (unsigned char)(1u << below(8));
        }
        return size;
    case 1:
        if (size > 0) {
            bytes[at] = heads[below(sizeof heads)];
        }
        return size;
    case 2:
        if (size > 0) {
            bytes[at] = (unsigned char)below(256);
        }
        return size;
    case 3: return at; /* cut off */
    case 4:            /* cut out */
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 5: /* doubled */
        if (size + length <= WIRE_FRAME_BYTES) {
            memmove(bytes + at + length, bytes + at, size - at);
            return size + length;
        }
        return size;
    default: { /* a piece of another frame */
        size_t other = below(corpus_size), from = below(corpus[other].size);
        size_t piece = 1 + below(corpus[other].size - from);
        piece = piece < WIRE_FRAME_BYTES - at ? piece : WIRE_FRAME_BYTES - at;
        memcpy(bytes + at, corpus[other].bytes + from, piece);
        return size > at + piece ? size : at + piece;
    }
    }
}

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "fuzz_wire: %s\n", what);
        abort();
    }
}

/* Orders that pass go to a base, which must stay whole whatever they say. */
static void obey(struct base *base, const struct wire_order *order) {
    require(order->nodes >= 1 && order->nodes <= WIRE_NODES && order->edges <= WIRE_NODES, "too many nodes");
    if (order->epoch > base->epoch) {
        base->epoch = order->epoch;
        base_drop(base, 0);
    }
    base_grow(base, order, slice_of("hall"));
    require(base->first <= base->confirmed && base->confirmed <= base->received, "a base that is upside down");
    require(base->received - base->confirmed <= BASE_AHEAD && base->received - base->first <= BASE_SLOTS, "full");
    while (base->received - base->confirmed > BASE_AHEAD / 2) {
        base_confirm(base);
    }
}

static void try_frames(unsigned long count, unsigned long faults[FAULTS]) {
    static struct wire_message message;
    static struct base base;
    struct pose start = {2.5, 2.5, 0.0};
    base_begin(&base, 0, &start);
    for (unsigned long i = 0; i < count; i++) {
        unsigned char bytes[WIRE_FRAME_BYTES];
        size_t origin = below(corpus_size), size = corpus[origin].size;
        memcpy(bytes, corpus[origin].bytes, size);
        for (size_t mutations = 1 + below(MUTATIONS); mutations > 0; mutations--) {
            size = mutate(bytes, size);
        }
        unsigned char *exact = malloc(size > 0 ? size : 1);
        require(exact != NULL, "no memory");
        memcpy(exact, bytes, size);
        enum fault fault = wire_read(exact, size, &message);
        if (fault == FAULT_NONE && message.kind == WIRE_ORDER) {
            obey(&base, &message.as.order);
        }
        free(exact);
        faults[fault]++;
    }
}

int main(int count, char **arguments) {
    static unsigned char frame[FRAMES_LARGEST];
    unsigned long faults[FAULTS] = {0};
    size_t size;
    require(count == 3, "usage: fuzz_wire SEED COUNT < FRAMES");
    random_state = strtoull(arguments[1], NULL, 10) * 2 + 1;
    while (corpus_size < CORPUS && frames_next(frame, &size)) {
        require(size > 0 && size <= WIRE_FRAME_BYTES, "a frame that cannot be good");
        memcpy(corpus[corpus_size].bytes, frame, size);
        corpus[corpus_size++].size = size;
    }
    require(corpus_size > 0, "no frames");
    try_frames(strtoul(arguments[2], NULL, 10), faults);
    for (int fault = 0; fault < FAULTS; fault++) {
        printf("%s %lu\n", fault_name((enum fault)fault), faults[fault]);
    }
    return 0;
}
