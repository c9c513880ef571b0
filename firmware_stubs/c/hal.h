/* Hardware abstraction: all that the firmware knows of the machine that it runs on.
 *
 * One implementation is linked in: host/ simulates a differential-drive robot on a workstation. Lengths in metres,
 * angles in radians, times in nanoseconds. All functions are called from the control loop and none of them waits, but
 * for hal_wait_tick. None of them takes memory from the heap.
 */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pose.h"

#define HAL_TICK_S 0.01         /* the control loop runs at 100 Hz */
#define HAL_WATCHDOG_S 0.2      /* the motors stop when the loop misses its kick for so long */
#define HAL_NV_BYTES 65536      /* capacity of a cell of the non-volatile memory */
#define HAL_TRACK_M 0.5         /* between the wheels */
#define HAL_TICKS_PER_M 20000.0 /* encoder ticks a metre of wheel travel */

struct hal_encoders {
    int64_t left, right; /* ticks since the start, growing forwards */
};

struct hal_battery {
    double percent;
    double drawn_wh; /* since the start */
};

/* What the localiser says of the robot, once for each change that it notices. */
enum hal_fix {
    HAL_FIX_NONE,
    HAL_FIX_LOST, /* it does not know where it is */
    HAL_FIX_MOVED /* somebody has carried it: where it stands now */
};

enum hal_estop {
    HAL_ESTOP_OUT,
    HAL_ESTOP_PRESSED,
    HAL_ESTOP_RESET /* it is out, and a person has just confirmed that the robot may go on; once for each time */
};

enum hal_nv_cell {
    HAL_NV_BASE, /* what must survive a loss of power */
    HAL_NV_POSE, /* written ten times a second: what it loses is found again by the localiser */
    HAL_NV_CELLS
};

/* Motors: speeds of the wheels in m/s, kept until the next call; the brake holds the wheels until it is let go. */
void hal_drive(double left_mps, double right_mps);
void hal_brake(void);
struct hal_encoders hal_encoders(void);

/* Inputs. */
bool hal_bumper(void);
enum hal_estop hal_estop(void);
bool hal_motor_fault(void);
struct hal_battery hal_battery(void);
enum hal_fix hal_localiser(struct pose *pose);

/* The charger: reach out for it or let go of it; contact is there when energy flows. */
void hal_reach_for_charger(bool reach);
bool hal_charger_contact(void);

/* Non-volatile memory: a write begins at once and is done when the cell is idle again; a cell holds the old or the new
 * content, never a mixture. hal_nv_read (before the first write only) returns the size, 0 for an empty cell. */
size_t hal_nv_read(enum hal_nv_cell cell, unsigned char bytes[HAL_NV_BYTES]);
void hal_nv_write(enum hal_nv_cell cell, const unsigned char *bytes, size_t size);
bool hal_nv_idle(enum hal_nv_cell cell);

/* Clocks, random numbers and the end. hal_wait_tick returns false when the robot is to be switched off. */
int64_t hal_monotonic_ns(void);
int64_t hal_utc_ns(void);
void hal_random(unsigned char *bytes, size_t size);
void hal_watchdog_kick(void);
bool hal_wait_tick(void);

#endif
