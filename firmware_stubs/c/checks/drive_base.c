/* A robot and its body in simulated time, without a network. Lines on standard input, answers on standard output:
 *
 * log FILE              writes a log from now on
 * body LEFT RIGHT TRACK LAG   what the body is really like, see struct body_make
 * at X,Y,THETA LENGTH   a robot that was never switched on; first of all but these two
 * wheels LEFT RIGHT TICKS   tells the wheels, m/s, instead of letting the robot decide; prints nothing
 * frame HEX             takes an order or instant; prints `ack RESULT ERROR`
 * run TICKS             prints for each tick: x y theta v w speed confirmed received at_rest doing
 * estop, release, block METRES, clear, lost
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../host/host.h"
#include "../robot.h"

#define LINE_BYTES (2 * WIRE_FRAME_BYTES + 16)

static struct robot robot;
static struct wire_message message;
static struct body_make make = BODY_AS_BELIEVED;

static void begin(const char *text) {
    struct pose at;
    struct limits limits = {0.72, 0.66, 1.0, 1.0, 3.0, 8.0};
    if (sscanf(text, "%lf,%lf,%lf %lf", &at.x, &at.y, &at.theta, &limits.length) == 4) {
        body_begin(90.0);
        body_stand(&at, &make);
        robot_begin(&robot, slice_of("amr-000"), slice_of("hall"), &at, &limits);
    }
}

static void take(const char *hex) {
    unsigned char frame[WIRE_FRAME_BYTES];
    size_t size = 0;
    unsigned byte;
    while (sscanf(hex + 2 * size, "%2x", &byte) == 1) {
        frame[size++] = (unsigned char)byte;
    }
    struct verdict verdict = {"refused", NULL};
    enum fault fault = wire_read(frame, size, &message);
    if (fault != FAULT_NONE) {
        verdict.error = fault_name(fault);
    } else if (message.kind == WIRE_ORDER) {
        verdict = robot_take_order(&robot, &message.as.order);
    } else if (message.kind == WIRE_INSTANT) {
        verdict = robot_take_instant(&robot, &message.as.instant);
    }
    printf("ack %s %s\n", verdict.result, verdict.error != NULL ? verdict.error : "-");
}

static void run(int ticks) {
    const struct motion *motion = &robot.motion;
    for (int tick = 0; tick < ticks; tick++) {
        body_step(HAL_TICK_S);
        robot_step(&robot);
        printf("%.6f %.6f %.6f %.4f %.4f %.4f %ld %ld %d %d\n", motion->pose.x, motion->pose.y, motion->pose.theta,
               motion->v, motion->w, motion->speed, (long)robot.base.confirmed, (long)robot.base.received,
               motion->at_rest, (int)motion->doing);
    }
}

static void turn_wheels(double left, double right, int ticks) {
    hal_drive(left, right);
    for (int tick = 0; tick < ticks; tick++) {
        body_step(HAL_TICK_S);
    }
}

static void obey(const char *line) {
    double metres, left, right;
    int ticks;
    if (strncmp(line, "log ", 4) == 0) {
        log_begin(line + 4);
    } else if (strncmp(line, "body ", 5) == 0) {
        sscanf(line, "body %lf %lf %lf %lf", &make.scale[0], &make.scale[1], &make.track_scale, &make.lag_s);
    } else if (sscanf(line, "wheels %lf %lf %d", &left, &right, &ticks) == 3) {
        turn_wheels(left, right, ticks);
    } else if (strncmp(line, "at ", 3) == 0) {
        begin(line + 3);
    } else if (strncmp(line, "frame ", 6) == 0) {
        take(line + 6);
    } else if (sscanf(line, "run %d", &ticks) == 1) {
        run(ticks);
    } else if (sscanf(line, "block %lf", &metres) == 1) {
        body_block(metres);
    } else if (strcmp(line, "clear") == 0) {
        body_clear();
    } else if (strcmp(line, "estop") == 0) {
        body_press_estop();
    } else if (strcmp(line, "release") == 0) {
        body_reset_estop();
    } else if (strcmp(line, "lost") == 0) {
        body_lose();
    }
}

int main(void) {
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
        fflush(stdout);
    }
    log_end();
    return 0;
}
