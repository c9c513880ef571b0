/* Frames on standard input, as the tests write them: two bytes of length, the lower one first, then the frame. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#define FRAMES_LARGEST 65535

/* Read the next frame; false at the end. */
bool frames_next(unsigned char frame[FRAMES_LARGEST], size_t *size);

#endif
