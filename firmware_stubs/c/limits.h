/* What the robot's body can do; m, m/s, m/s2, rad/s, rad/s2. */
#ifndef LIMITS_H
#define LIMITS_H

struct limits {
    double length, width, speed, acceleration, turn_rate, turn_acceleration;
};

#define EMERGENCY_BRAKE_MPS2 2.5 /* with loads that must not tip */

#endif
