/* For each frame on standard input a line: why it is refused, or `none`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../wire.h"
#include "frames.h"

int main(void) {
    static unsigned char frame[FRAMES_LARGEST];
    static struct wire_message message;
    size_t size;
    while (frames_next(frame, &size)) {
        /* A block of its own: the sanitizer sees every byte that is read before or behind it. */
        unsigned char *exact = malloc(size > 0 ? size : 1);
        if (exact == NULL) {
            return 1;
        }
        memcpy(exact, frame, size);
        puts(fault_name(wire_read(exact, size, &message)));
        free(exact);
    }
    return 0;
}
