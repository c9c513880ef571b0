/* The simulated host: stands in for the robot's electronics and body. Its parts share what is declared here.
 *
 * Time of the body passes with the ticks of the control loop. When the machine that simulates it stalls, the body's
 * time stands still with the loop: a real robot's computer has nothing else to do.
 */
#ifndef HOST_H
#define HOST_H

#include "../hal.h"

#define HOST_WATCHDOG_EXIT 86 /* exit code of a process whose control loop hung */

/* Get ready; false, with a message, if the state file cannot be read. battery: percent at first. */
bool host_begin(const char *state_file, double battery);

/* Let the watchdog watch, from now on. */
void host_watch(void);

/* The control loop is over: the watchdog stops watching, and what is being written down is finished. */
void host_end(void);

/* body.c: one tick of the body, and what may happen to it. obstacle_m: how far ahead of its bumper. */
void body_begin(double battery);
void body_step(double dt);
void body_block(double obstacle_m);
void body_clear(void);
void body_fail(bool failed);
void body_press_estop(void);
void body_reset_estop(void);
void body_lose(void);
void body_place(const struct pose *pose);

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
