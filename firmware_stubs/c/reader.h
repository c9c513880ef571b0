/* A bounded MessagePack reader: it walks over bytes in place, allocates nothing and never leaves the buffer.
 *
 * msgpack-c's own unpacker takes memory for every map and array of a frame, so it cannot be used in the control loop.
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

#define READER_MAX_DEPTH 8

/* Why bytes are refused. */
enum fault {
    FAULT_NONE,
    FAULT_FRAMES,    /* not two frames */
    FAULT_TAG,       /* the first frame is another tag */
    FAULT_SIZE,      /* longer than a frame may be */
    FAULT_MALFORMED, /* not MessagePack, cut off, bytes left over, text that is not UTF-8, a part missing or twice */
    FAULT_EXT,       /* ext types and timestamps */
    FAULT_DEEP,      /* nested too deeply */
    FAULT_NAN,       /* NaN or infinity */
    FAULT_BOUNDS,    /* a value or a length out of bounds */
    FAULT_TYPE,      /* a value of another type */
    FAULT_KIND,      /* a message of a kind that is not for robots */
    FAULTS
};

const char *fault_name(enum fault fault);

enum value_kind { VALUE_NIL, VALUE_BOOL, VALUE_WHOLE, VALUE_REAL, VALUE_TEXT, VALUE_BYTES, VALUE_LIST, VALUE_MAP };

/* One value, or the head of a list or map, whose `count` values or pairs follow. */
struct value {
    enum value_kind kind;
    bool truth;
    int64_t whole;
    bool beyond; /* a whole number greater than INT64_MAX, which `whole` then is */
    double real;
    struct slice text; /* of text and bytes */
    uint32_t count;
};

struct reader {
    const unsigned char *at, *end;
    enum fault fault; /* the first one; nothing is read after it */
};

/* Check that the bytes are one MessagePack value of the kinds that the protocol knows, and nothing else. */
enum fault reader_check(const unsigned char *bytes, size_t size);

/* Read the next value; false, with `fault` set, where there is none. */
bool reader_next(struct reader *reader, struct value *value);

/* Pass over the next value with all that is in it. */
bool reader_skip(struct reader *reader);

#endif
