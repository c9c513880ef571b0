/* Where a robot is: x grows east, y grows south, theta clockwise seen from above with 0 east. Metres and radians. */
#ifndef POSE_H
#define POSE_H

#define PI 3.14159265358979323846
#define QUARTER_TURN (PI / 2.0)

struct pose {
    double x, y, theta;
};

/* The angle that turns `from` into `to`, from -pi to pi. */
double angle_between(double from, double to);

/* How far `to` is ahead of `from` along its heading, and how far to its right. */
double distance_ahead(const struct pose *from, const struct pose *to);
double distance_aside(const struct pose *from, const struct pose *to);

#endif
