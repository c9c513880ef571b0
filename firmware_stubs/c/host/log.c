/* A log of the drive, one row a tick. A file that cannot be written is said once and left. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"

#define ROW_BYTES 256
#define HEADER "t_s,told_left_mps,told_right_mps,left_mps,right_mps,gyro_radps,x_m,y_m,theta_rad\n"

static int out = -1;
static long rows;
static long long seen[2]; /* encoder ticks at the row before */

static void put(const char *text, int size) {
    if (write(out, text, (size_t)size) != size) {
        perror("robot: error: --log");
        log_end();
    }
}

bool log_begin(const char *file) {
    out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0) {
        fprintf(stderr, "robot: error: --log %s: ", file);
        perror(NULL);
        return false;
    }
    put(HEADER, (int)sizeof HEADER - 1);
    return true;
}

void log_end(void) {
    if (out >= 0) {
        close(out);
        out = -1;
    }
}

void log_row(double dt, const double told[2], const double travel[2], double turning, const struct pose *place) {
    static char row[ROW_BYTES];
    double speed[2];
    if (out < 0) {
        return;
    }
    /* What the firmware can see of its wheels is whole ticks. */
    for (int wheel = 0; wheel < 2; wheel++) {
        long long ticks = (long long)floor(travel[wheel] * HAL_TICKS_PER_M);
        speed[wheel] = (double)(ticks - seen[wheel]) / HAL_TICKS_PER_M / dt;
        seen[wheel] = ticks;
    }
    int size = snprintf(row, sizeof row, "%.3f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", (double)rows++ * dt, told[0],
                        told[1], speed[0], speed[1], turning, place->x, place->y, place->theta);
    put(row, size);
}
