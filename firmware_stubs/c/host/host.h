/* The simulated host: stands in for the robot's electronics and body. Its parts share what is declared here.
 *
 * Time of the body passes with the ticks of the control loop. When the machine that simulates it stalls, the body's
 * time stands still with the loop: a real robot's computer has nothing else to do.
 */
#ifndef HOST_H
#define HOST_H

#include "../hal.h"

#define HOST_WATCHDOG_EXIT 86 /* exit code of a process whose control loop hung */

/* Get ready; false, with a message, if the state file cannot be read or the log cannot be written. battery: percent at
 * first. at: where the body stands; after a restart the firmware knows better, and this is only where the log begins.
 * log_file: NULL for none. */
bool host_begin(const char *state_file, double battery, const struct pose *at, const char *log_file);

/* Let the watchdog watch, from now on. */
void host_watch(void);

/* The control loop is over: the watchdog stops watching, and what is being written down is finished. */
void host_end(void);

/* What the body is really like, as shares of what the firmware believes; and with which time constant, in seconds, a
 * wheel follows what it is told. */
struct body_make {
    double scale[2]; /* radius of left and right wheel */
    double track_scale;
    double lag_s;
};

#define BODY_AS_BELIEVED {{1.0, 1.0}, 1.0, 0.0}

/* body.c: one tick of the body, and what may happen to it. obstacle_m: how far ahead of its bumper. */
void body_begin(double battery);
void body_stand(const struct pose *place, const struct body_make *make);
void body_step(double dt);
void body_block(double obstacle_m);
void body_clear(void);
void body_fail(bool failed);
void body_press_estop(void);
void body_reset_estop(void);
void body_lose(void);
void body_place(const struct pose *pose);

/* log.c: what the wheels are told and do, and where the body really is, as CSV for `futurepark twin fit`. */
bool log_begin(const char *file);
void log_end(void);

/* Write how things are before a tick of dt; does nothing before log_begin. told, travel: left, right, m/s, m. */
void log_row(double dt, const double told[2], const double travel[2], double turning, const struct pose *place);

/* console.c: what is said on standard input happens to the body. */
void console_read(void);

/* nonvolatile.c: cells are files, written by a thread of its own. */
bool nonvolatile_begin(const char *state_file);
void nonvolatile_end(void);

/* The charge of the battery in percent, from one start to the next: what was kept last, or `otherwise`. */
double nonvolatile_battery(double otherwise);
void nonvolatile_keep_battery(double percent);

/* watchdog.c */
void watchdog_begin(void);
void watchdog_end(void);

#endif
