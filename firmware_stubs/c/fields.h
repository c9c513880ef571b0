/* Messages as tables: which keys a map has, of which type, within which bounds, and where in a struct they go.
 *
 * Each struct that a map is read into begins with `uint32_t present`: bit i is set where the map had field i.
 */
#ifndef FIELDS_H
#define FIELDS_H

#include "reader.h"

enum field_kind {
    FIELD_BOOL,   /* bool */
    FIELD_WHOLE,  /* int64_t, least to most */
    FIELD_REAL,   /* double, least to most; whole numbers will do */
    FIELD_TEXT,   /* struct slice, least to most characters */
    FIELD_BYTES,  /* struct slice, least to most bytes */
    FIELD_CHOICE, /* int, index of the text in `choices` */
    FIELD_MAP,    /* a struct, see `map` */
    FIELD_LIST    /* an array of the first `capacity` items (the others are only checked), least to most of them */
};

struct fields;

struct field {
    const char *key;
    enum field_kind kind;
    bool required;
    bool nullable; /* nil stands for a field that is left out */
    bool above;    /* `least` itself is out of bounds */
    size_t offset;
    int64_t least, most;
    const char *const *choices;
    const struct fields *map;
    /* Of lists: what is in them, how large one is in the array, and where the number of items (uint32_t) goes. */
    const struct field *item;
    size_t item_size, capacity, count_offset;
};

struct fields {
    const struct field *field;
    size_t count;
    size_t size; /* of the struct */
};

#define FIELDS_LARGEST_ITEM 256 /* bytes of the largest struct that an item beyond the capacity is checked in */

/* Read a map into `target`, of fields->size bytes. Unknown keys are passed over. False, with reader->fault, if not. */
bool fields_read(struct reader *reader, const struct fields *fields, void *target);

/* Whether a map that was read had the field of this key. */
bool fields_present(const struct fields *fields, const void *target, const char *key);

#endif
