#include "frames.h"

#include <stdio.h>

bool frames_next(unsigned char frame[FRAMES_LARGEST], size_t *size) {
    int low = getchar(), high = getchar();
    if (high == EOF) {
        return false;
    }
    *size = (size_t)low | (size_t)high << 8;
    return fread(frame, 1, *size, stdin) == *size;
}
