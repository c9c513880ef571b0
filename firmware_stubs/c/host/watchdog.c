/* The watchdog: a thread that adds up for how long the loop, which is the process's first thread, has not kicked it.
 *
 * On a robot the watchdog is hardware beside a computer that has nothing else to do. A workstation has: time in which
 * the loop could run but got no processor, or in which the whole process stood, is not the loop's fault, nor counted.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define SLEEP_S 0.02
#define STAT_BYTES 256

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static clockid_t loop_clock; /* processor time of the loop */
static char loop_stat[64];   /* the file where the system tells what the loop's thread is at */
static double since_kick_s;
static bool ends;

static double processor_time_s(void) {
    struct timespec used;
    clock_gettime(loop_clock, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

/* Whether the loop's thread runs or waits for a processor. */
static bool loop_is_runnable(void) {
    char text[STAT_BYTES];
    int file = open(loop_stat, O_RDONLY);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) {
        close(file);
    }
    text[size > 0 ? size : 0] = '\0';
    /* `1234 (robot) R ...` */
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") R", 3) == 0;
}

/* How much of one sleep the loop could have used: while it waits for something all of it, else what it had. */
static double time_of_loop(double *processor_s) {
    double before = *processor_s;
    *processor_s = processor_time_s();
    return loop_is_runnable() ? *processor_s - before : SLEEP_S;
}

static bool is_over(double passed_s) {
    pthread_mutex_lock(&lock);
    since_kick_s += passed_s;
    bool bites = since_kick_s > HAL_WATCHDOG_S, over = ends;
    pthread_mutex_unlock(&lock);
    if (bites && !over) {
        /* On a robot: the relay of the motors opens. Here the body ends with the process. */
        static const char message[] = "robot: watchdog: the control loop hangs; the motors are off\n";
        ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
        (void)written;
        _exit(HOST_WATCHDOG_EXIT);
    }
    return over;
}

static void *watch(void *nothing) {
    struct timespec pause = {0, (long)(SLEEP_S * 1e9)};
    double processor_s = processor_time_s();
    while (!is_over(time_of_loop(&processor_s))) {
        nanosleep(&pause, NULL);
    }
    return nothing;
}

void watchdog_begin(void) {
    snprintf(loop_stat, sizeof loop_stat, "/proc/self/task/%ld/stat", (long)getpid());
    if (pthread_getcpuclockid(pthread_self(), &loop_clock) != 0 || pthread_create(&thread, NULL, watch, NULL) != 0) {
        perror("robot: error: watchdog");
        _exit(HOST_WATCHDOG_EXIT);
    }
}

void watchdog_end(void) {
    pthread_mutex_lock(&lock);
    ends = true;
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

void hal_watchdog_kick(void) {
    pthread_mutex_lock(&lock);
    since_kick_s = 0.0;
    pthread_mutex_unlock(&lock);
}
