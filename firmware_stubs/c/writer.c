#include "writer.h"

#include <msgpack/pack.h>
#include <string.h>

static int append(void *data, const char *bytes, size_t size) {
    struct writer *writer = data;
    if (writer->full || writer->capacity - writer->size < size) {
        writer->full = true;
        return -1;
    }
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
    return 0;
}

static msgpack_packer packer(struct writer *writer) {
    return (msgpack_packer){writer, append};
}

struct writer writer_into(unsigned char *bytes, size_t capacity) {
    return (struct writer){bytes, capacity, 0, false};
}

void write_map(struct writer *writer, size_t pairs) {
    msgpack_packer to = packer(writer);
    msgpack_pack_map(&to, pairs);
}

void write_list(struct writer *writer, size_t items) {
    msgpack_packer to = packer(writer);
    msgpack_pack_array(&to, items);
}

void write_text(struct writer *writer, struct slice text) {
    msgpack_packer to = packer(writer);
    msgpack_pack_str(&to, text.size);
    msgpack_pack_str_body(&to, text.at, text.size);
}

void write_key(struct writer *writer, const char *key) {
    write_text(writer, slice_of(key));
}

void write_whole(struct writer *writer, int64_t whole) {
    msgpack_packer to = packer(writer);
    msgpack_pack_int64(&to, whole);
}

void write_real(struct writer *writer, double real) {
    msgpack_packer to = packer(writer);
    msgpack_pack_double(&to, real);
}

void write_bool(struct writer *writer, bool truth) {
    msgpack_packer to = packer(writer);
    if (truth) {
        msgpack_pack_true(&to);
    } else {
        msgpack_pack_false(&to);
    }
}

void write_bytes(struct writer *writer, const unsigned char *bytes, size_t size) {
    msgpack_packer to = packer(writer);
    msgpack_pack_bin(&to, size);
    msgpack_pack_bin_body(&to, bytes, size);
}

void put_text(struct writer *writer, const char *key, struct slice text) {
    write_key(writer, key);
    write_text(writer, text);
}

void put_whole(struct writer *writer, const char *key, int64_t whole) {
    write_key(writer, key);
    write_whole(writer, whole);
}

void put_real(struct writer *writer, const char *key, double real) {
    write_key(writer, key);
    write_real(writer, real);
}

void put_bool(struct writer *writer, const char *key, bool truth) {
    write_key(writer, key);
    write_bool(writer, truth);
}
