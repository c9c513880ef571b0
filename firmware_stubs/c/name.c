#include "name.h"

#include <string.h>

struct slice slice_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

struct slice slice_of_name(const struct name *name) {
    return (struct slice){name->text, name->size};
}

bool slice_equal(struct slice one, struct slice other) {
    return one.size == other.size && (one.size == 0 || memcmp(one.at, other.at, one.size) == 0);
}

bool slice_is(struct slice slice, const char *text) {
    return slice_equal(slice, slice_of(text));
}

long utf8_characters(struct slice slice) {
    const unsigned char *at = (const unsigned char *)slice.at;
    size_t left = slice.size;
    long characters = 0;
    while (left > 0) {
        unsigned char lead = at[0];
        size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
        if (size == 0 || size > left) {
            return -1;
        }
        for (size_t i = 1; i < size; i++) {
            if ((at[i] & 0xC0) != 0x80) {
                return -1;
            }
        }
        if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F) || (lead == 0xF0 && at[1] < 0x90) ||
            (lead == 0xF4 && at[1] > 0x8F)) {
            return -1;
        }
        at += size;
        left -= size;
        characters++;
    }
    return characters;
}

void name_set(struct name *name, struct slice slice) {
    name->size = slice.size < NAME_BYTES ? slice.size : NAME_BYTES;
    if (name->size > 0) {
        memcpy(name->text, slice.at, name->size);
    }
}
