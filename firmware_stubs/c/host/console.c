/* Lines on standard input: what happens to the robot on the floor. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../options.h"
#include "host.h"

#define LINE_BYTES 128

static char line[LINE_BYTES];
static size_t used;
static bool over;

/* The control loop never comes back from here, waiting or running in circles: the watchdog's business. */
static void hang(bool spinning) {
    for (volatile bool for_ever = true; for_ever;) {
        if (!spinning) {
            pause();
        }
    }
}

static bool happen_with_place(const char *text) {
    struct pose pose;
    double obstacle_m;
    char rest;
    if (strncmp(text, "place ", 6) == 0 && options_place(text + 6, &pose)) {
        body_place(&pose);
        return true;
    }
    if (sscanf(text, "block %lf%c", &obstacle_m, &rest) == 1 && obstacle_m >= 0.0) {
        body_block(obstacle_m);
        return true;
    }
    return false;
}

static bool happen(const char *text) {
    if (strcmp(text, "estop") == 0) {
        body_press_estop();
    } else if (strcmp(text, "release") == 0) {
        body_reset_estop();
    } else if (strcmp(text, "block") == 0) {
        body_block(0.0);
    } else if (strcmp(text, "clear") == 0) {
        body_clear();
    } else if (strcmp(text, "fail") == 0 || strcmp(text, "repair") == 0) {
        body_fail(text[0] == 'f');
    } else if (strcmp(text, "lost") == 0) {
        body_lose();
    } else if (strcmp(text, "hang") == 0 || strcmp(text, "spin") == 0) {
        hang(text[0] == 's');
    } else {
        return happen_with_place(text);
    }
    return true;
}

static void take_lines(void) {
    char *start = line, *end;
    while ((end = memchr(start, '\n', used - (size_t)(start - line))) != NULL) {
        *end = '\0';
        if (*start != '\0' && !happen(start)) {
            fprintf(stderr,
                    "robot: '%s' is none of estop, release, block [METRES], clear, fail, repair, lost, "
                    "place X,Y,THETA, hang, spin\n",
                    start);
        }
        start = end + 1;
    }
    used -= (size_t)(start - line);
    memmove(line, start, used);
    if (used == sizeof line) {
        used = 0; /* no line is so long */
    }
}

void console_read(void) {
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    while (!over && poll(&input, 1, 0) == 1) {
        ssize_t size = read(STDIN_FILENO, line + used, sizeof line - used);
        over = size <= 0;
        used += size > 0 ? (size_t)size : 0;
        take_lines();
    }
}
