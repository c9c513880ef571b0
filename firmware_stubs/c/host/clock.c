/* Clocks, ticks of the control loop, random bytes, and the switch: SIGTERM and SIGINT switch the robot off. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define SECOND_NS INT64_C(1000000000)
#define TICK_NS ((int64_t)(HAL_TICK_S * 1e9))
#define BATTERY_TICKS 100
#define LATE_NS (10 * TICK_NS) /* what the loop misses beyond this is not caught up with */

static volatile sig_atomic_t switched_off;
static int64_t next_tick_ns;
static uint64_t ticks;

static void switch_off(int signal_number) {
    (void)signal_number;
    switched_off = 1;
}

static int64_t read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

int64_t hal_monotonic_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t hal_utc_ns(void) {
    return read_clock(CLOCK_REALTIME);
}

void hal_random(unsigned char *bytes, size_t size) {
    int source = open("/dev/urandom", O_RDONLY);
    if (source < 0 || read(source, bytes, size) != (ssize_t)size) {
        perror("robot: error: /dev/urandom");
        exit(1);
    }
    close(source);
}

bool host_begin(const char *state_file, double battery, const struct pose *at, const char *log_file) {
    static const struct body_make make = BODY_AS_BELIEVED;
    struct sigaction action = {.sa_handler = switch_off};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    next_tick_ns = hal_monotonic_ns();
    if (!nonvolatile_begin(state_file) || (log_file != NULL && !log_begin(log_file))) {
        return false;
    }
    body_begin(nonvolatile_battery(battery));
    body_stand(at, &make);
    return true;
}

void host_watch(void) {
    watchdog_begin();
}

void host_end(void) {
    watchdog_end();
    nonvolatile_end();
    log_end();
}

bool hal_wait_tick(void) {
    int64_t now = hal_monotonic_ns();
    next_tick_ns = now - next_tick_ns > LATE_NS ? now : next_tick_ns + TICK_NS;
    struct timespec until = {(time_t)(next_tick_ns / SECOND_NS), (long)(next_tick_ns % SECOND_NS)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR && switched_off == 0) {
    }
    console_read();
    body_step(HAL_TICK_S);
    if (++ticks % BATTERY_TICKS == 0) {
        nonvolatile_keep_battery(hal_battery().percent);
    }
    return switched_off == 0;
}
