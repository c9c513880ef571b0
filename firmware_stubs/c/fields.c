#include "fields.h"

#include <string.h>

static bool fail(struct reader *reader, enum fault fault) {
    reader->fault = fault;
    reader->at = reader->end;
    return false;
}

static bool read_field(struct reader *reader, const struct field *field, unsigned char *target, void *count);

static bool read_list(struct reader *reader, const struct field *field, uint32_t items, unsigned char *target,
                      uint32_t *count) {
    /* A place for items that are checked but not kept; aligned for every type. */
    union {
        unsigned char bytes[FIELDS_LARGEST_ITEM];
        double real;
        int64_t whole;
        void *pointer;
    } unkept;
    if (items < field->least || items > field->most) {
        return fail(reader, FAULT_BOUNDS);
    }
    *count = items;
    for (uint32_t i = 0; i < items; i++) {
        unsigned char *place = i < field->capacity ? target + i * field->item_size : unkept.bytes;
        if (!read_field(reader, field->item, place, NULL)) {
            return false;
        }
    }
    return true;
}

static bool read_choice(struct reader *reader, const struct field *field, struct slice text, int *choice) {
    for (int i = 0; field->choices[i] != NULL; i++) {
        if (slice_is(text, field->choices[i])) {
            *choice = i;
            return true;
        }
    }
    return fail(reader, FAULT_TYPE);
}

static bool read_pairs(struct reader *reader, const struct fields *fields, uint32_t pairs, unsigned char *target);

static bool real_in_bounds(const struct field *field, double real) {
    double least = (double)field->least;
    return (field->above ? real > least : real >= least) && real <= (double)field->most;
}

static bool is_of_kind(const struct field *field, const struct value *value) {
    switch (field->kind) {
    case FIELD_BOOL: return value->kind == VALUE_BOOL;
    case FIELD_WHOLE: return value->kind == VALUE_WHOLE;
    case FIELD_REAL: return value->kind == VALUE_REAL || value->kind == VALUE_WHOLE;
    case FIELD_TEXT:
    case FIELD_CHOICE: return value->kind == VALUE_TEXT;
    case FIELD_BYTES: return value->kind == VALUE_BYTES;
    case FIELD_MAP: return value->kind == VALUE_MAP;
    default: return value->kind == VALUE_LIST;
    }
}

/* Read a value that is there, of the type and within the bounds of its field. `count` is where lists are counted. */
static bool read_field(struct reader *reader, const struct field *field, unsigned char *target, void *count) {
    struct value value;
    if (!reader_next(reader, &value)) {
        return false;
    }
    if (!is_of_kind(field, &value)) {
        return fail(reader, FAULT_TYPE);
    }
    double real = value.kind == VALUE_WHOLE ? (double)value.whole : value.real;
    long characters;
    switch (field->kind) {
    case FIELD_BOOL: memcpy(target, &value.truth, sizeof value.truth); return true;
    case FIELD_WHOLE:
        memcpy(target, &value.whole, sizeof value.whole);
        return (!value.beyond && value.whole >= field->least && value.whole <= field->most) ||
               fail(reader, FAULT_BOUNDS);
    case FIELD_REAL:
        memcpy(target, &real, sizeof real);
        return real_in_bounds(field, real) || fail(reader, FAULT_BOUNDS);
    case FIELD_TEXT:
        memcpy(target, &value.text, sizeof value.text);
        characters = utf8_characters(value.text);
        return (characters >= field->least && characters <= field->most) || fail(reader, FAULT_BOUNDS);
    case FIELD_BYTES:
        memcpy(target, &value.text, sizeof value.text);
        return ((int64_t)value.text.size >= field->least && (int64_t)value.text.size <= field->most) ||
               fail(reader, FAULT_BOUNDS);
    case FIELD_CHOICE: return read_choice(reader, field, value.text, (int *)(void *)target);
    case FIELD_MAP: return read_pairs(reader, field->map, value.count, target);
    default: return read_list(reader, field, value.count, target, count);
    }
}

static size_t field_of_key(const struct fields *fields, struct slice key) {
    size_t i = 0;
    while (i < fields->count && !slice_is(key, fields->field[i].key)) {
        i++;
    }
    return i;
}

static bool read_pairs(struct reader *reader, const struct fields *fields, uint32_t pairs, unsigned char *target) {
    uint32_t present = 0, seen = 0;
    memset(target, 0, fields->size);
    for (uint32_t pair = 0; pair < pairs; pair++) {
        struct value key;
        if (!reader_next(reader, &key)) {
            return false;
        }
        if (key.kind != VALUE_TEXT) {
            return fail(reader, FAULT_TYPE);
        }
        size_t i = field_of_key(fields, key.text);
        if (i == fields->count) {
            if (!reader_skip(reader)) {
                return false;
            }
            continue;
        }
        const struct field *field = &fields->field[i];
        if ((seen & (uint32_t)1 << i) != 0) {
            return fail(reader, FAULT_MALFORMED);
        }
        seen |= (uint32_t)1 << i;
        if (field->nullable && reader->at < reader->end && *reader->at == 0xC0) {
            reader->at++;
            continue;
        }
        if (!read_field(reader, field, target + field->offset, target + field->count_offset)) {
            return false;
        }
        present |= (uint32_t)1 << i;
    }
    memcpy(target, &present, sizeof present);
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->field[i].required && (present & (uint32_t)1 << i) == 0) {
            return fail(reader, FAULT_MALFORMED);
        }
    }
    return true;
}

bool fields_read(struct reader *reader, const struct fields *fields, void *target) {
    struct value head;
    if (!reader_next(reader, &head)) {
        return false;
    }
    return head.kind == VALUE_MAP ? read_pairs(reader, fields, head.count, target) : fail(reader, FAULT_TYPE);
}

bool fields_present(const struct fields *fields, const void *target, const char *key) {
    uint32_t present;
    memcpy(&present, target, sizeof present);
    size_t i = field_of_key(fields, slice_of(key));
    return i < fields->count && (present & (uint32_t)1 << i) != 0;
}
