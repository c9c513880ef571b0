/* MessagePack into a fixed buffer, by msgpack-c's packer with a write function of our own. */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

/* `full` is set, and nothing more is written, once something does not fit. */
struct writer {
    unsigned char *bytes;
    size_t capacity, size;
    bool full;
};

struct writer writer_into(unsigned char *bytes, size_t capacity);

void write_map(struct writer *writer, size_t pairs);
void write_list(struct writer *writer, size_t items);
void write_text(struct writer *writer, struct slice text);
void write_key(struct writer *writer, const char *key);
void write_whole(struct writer *writer, int64_t whole);
void write_real(struct writer *writer, double real);
void write_bool(struct writer *writer, bool truth);
void write_bytes(struct writer *writer, const unsigned char *bytes, size_t size);

/* A key and its value. */
void put_text(struct writer *writer, const char *key, struct slice text);
void put_whole(struct writer *writer, const char *key, int64_t whole);
void put_real(struct writer *writer, const char *key, double real);
void put_bool(struct writer *writer, const char *key, bool truth);

#endif
