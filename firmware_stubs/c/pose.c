#include "pose.h"

#include <math.h>

double angle_between(double from, double to) {
    return remainder(to - from, 2.0 * PI);
}

double distance_ahead(const struct pose *from, const struct pose *to) {
    return (to->x - from->x) * cos(from->theta) + (to->y - from->y) * sin(from->theta);
}

double distance_aside(const struct pose *from, const struct pose *to) {
    return (to->y - from->y) * cos(from->theta) - (to->x - from->x) * sin(from->theta);
}
