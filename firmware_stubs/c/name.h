/* Names on the wire: up to 64 characters of UTF-8, so up to 256 bytes; kept here where they outlive their frame. */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_CHARACTERS 64
#define NAME_BYTES (4 * NAME_CHARACTERS)

/* Bytes inside a frame, without a terminating zero. */
struct slice {
    const char *at;
    size_t size;
};

struct name {
    size_t size;
    char text[NAME_BYTES];
};

struct slice slice_of(const char *text);
struct slice slice_of_name(const struct name *name);
bool slice_equal(struct slice one, struct slice other);
bool slice_is(struct slice slice, const char *text);

/* Characters of UTF-8 text; -1 where it is not well formed (RFC 3629: no surrogates, nothing longer than needed). */
long utf8_characters(struct slice slice);

/* Keep a name; what does not fit is cut off, which no name from a checked frame needs. */
void name_set(struct name *name, struct slice slice);

#endif
