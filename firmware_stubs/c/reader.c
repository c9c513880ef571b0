#include "reader.h"

#include <math.h>
#include <string.h>

const char *fault_name(enum fault fault) {
    static const char *const names[FAULTS] = {"none", "frames", "tag", "size", "malformed", "ext",
                                              "deep", "nan",    "bounds", "type", "unknown_kind"};
    return names[fault];
}

static bool fail(struct reader *reader, enum fault fault) {
    if (reader->fault == FAULT_NONE) {
        reader->fault = fault;
    }
    reader->at = reader->end;
    return false;
}

/* The next `bytes` bytes as a big-endian number. */
static bool read_number(struct reader *reader, size_t bytes, uint64_t *number) {
    if ((size_t)(reader->end - reader->at) < bytes) {
        return fail(reader, FAULT_MALFORMED);
    }
    *number = 0;
    for (size_t i = 0; i < bytes; i++) {
        *number = *number << 8 | *reader->at++;
    }
    return true;
}

static bool read_text(struct reader *reader, struct value *value, enum value_kind kind, uint64_t size) {
    if ((uint64_t)(reader->end - reader->at) < size) {
        return fail(reader, FAULT_MALFORMED);
    }
    value->kind = kind;
    value->text = (struct slice){(const char *)reader->at, (size_t)size};
    reader->at += size;
    if (kind == VALUE_TEXT && utf8_characters(value->text) < 0) {
        return fail(reader, FAULT_MALFORMED);
    }
    return true;
}

/* Every value takes a byte at least, so a count beyond the bytes that are left is a lie. */
static bool read_head(struct reader *reader, struct value *value, enum value_kind kind, uint64_t count) {
    uint64_t least = kind == VALUE_MAP ? 2 * count : count;
    if ((uint64_t)(reader->end - reader->at) < least) {
        return fail(reader, FAULT_MALFORMED);
    }
    value->kind = kind;
    value->count = (uint32_t)count;
    return true;
}

static bool read_real(struct reader *reader, struct value *value, size_t bytes) {
    uint64_t bits;
    if (!read_number(reader, bytes, &bits)) {
        return false;
    }
    if (bytes == 4) {
        uint32_t half = (uint32_t)bits;
        float single;
        memcpy(&single, &half, sizeof single);
        value->real = (double)single;
    } else {
        memcpy(&value->real, &bits, sizeof value->real);
    }
    value->kind = VALUE_REAL;
    return isfinite(value->real) ? true : fail(reader, FAULT_NAN);
}

static bool read_whole(struct reader *reader, struct value *value, size_t bytes, bool with_sign) {
    uint64_t bits;
    if (!read_number(reader, bytes, &bits)) {
        return false;
    }
    value->kind = VALUE_WHOLE;
    if (with_sign) {
        uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
        /* Two's complement of `bytes` bytes, without a conversion that C leaves to the compiler. */
        value->whole = (bits & sign) != 0 ? -(int64_t)(sign - 1 - (bits & (sign - 1))) - 1 : (int64_t)bits;
    } else {
        value->beyond = bits > INT64_MAX;
        value->whole = value->beyond ? INT64_MAX : (int64_t)bits;
    }
    return true;
}

/* Values whose length or number follows the first byte, 0xC0 to 0xDF. */
static bool read_long(struct reader *reader, struct value *value, unsigned char lead) {
    uint64_t size;
    switch (lead) {
    case 0xC0: value->kind = VALUE_NIL; return true;
    case 0xC2:
    case 0xC3: value->kind = VALUE_BOOL; value->truth = lead == 0xC3; return true;
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return read_number(reader, (size_t)1 << (lead - 0xC4), &size) && read_text(reader, value, VALUE_BYTES, size);
    case 0xCA: return read_real(reader, value, 4);
    case 0xCB: return read_real(reader, value, 8);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF: return read_whole(reader, value, (size_t)1 << (lead - 0xCC), false);
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3: return read_whole(reader, value, (size_t)1 << (lead - 0xD0), true);
    case 0xD9:
    case 0xDA:
    case 0xDB:
        return read_number(reader, (size_t)1 << (lead - 0xD9), &size) && read_text(reader, value, VALUE_TEXT, size);
    case 0xDC:
    case 0xDD:
        return read_number(reader, (size_t)2 << (lead - 0xDC), &size) && read_head(reader, value, VALUE_LIST, size);
    case 0xDE:
    case 0xDF:
        return read_number(reader, (size_t)2 << (lead - 0xDE), &size) && read_head(reader, value, VALUE_MAP, size);
    case 0xC1: return fail(reader, FAULT_MALFORMED);
    default: return fail(reader, FAULT_EXT);
    }
}

bool reader_next(struct reader *reader, struct value *value) {
    uint64_t lead;
    *value = (struct value){.kind = VALUE_NIL};
    if (!read_number(reader, 1, &lead)) {
        return false;
    }
    if (lead < 0x80 || lead >= 0xE0) {
        value->kind = VALUE_WHOLE;
        value->whole = lead < 0x80 ? (int64_t)lead : (int64_t)lead - 0x100;
        return true;
    }
    if (lead < 0x90) {
        return read_head(reader, value, VALUE_MAP, lead & 0x0F);
    }
    if (lead < 0xA0) {
        return read_head(reader, value, VALUE_LIST, lead & 0x0F);
    }
    if (lead < 0xC0) {
        return read_text(reader, value, VALUE_TEXT, lead & 0x1F);
    }
    return read_long(reader, value, (unsigned char)lead);
}

/* Values that are directly in a list or map. */
static uint64_t inner_values(const struct value *value) {
    return value->kind == VALUE_MAP ? 2 * (uint64_t)value->count : value->kind == VALUE_LIST ? value->count : 0;
}

enum fault reader_check(const unsigned char *bytes, size_t size) {
    struct reader reader = {bytes, bytes + size, FAULT_NONE};
    uint64_t left[READER_MAX_DEPTH + 1] = {1};
    size_t depth = 0;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                return reader.at == reader.end ? FAULT_NONE : FAULT_MALFORMED;
            }
            depth--;
        }
        struct value value;
        left[depth]--;
        if (!reader_next(&reader, &value)) {
            return reader.fault;
        }
        if (value.kind == VALUE_LIST || value.kind == VALUE_MAP) {
            if (depth == READER_MAX_DEPTH) {
                return FAULT_DEEP;
            }
            left[++depth] = inner_values(&value);
        }
    }
}

bool reader_skip(struct reader *reader) {
    uint64_t left = 1;
    while (left > 0) {
        struct value value;
        if (!reader_next(reader, &value)) {
            return false;
        }
        left += inner_values(&value) - 1;
    }
    return true;
}
