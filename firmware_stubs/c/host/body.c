/* The body: two driven wheels with their encoders, bumper, emergency stop, battery, charger and localiser. */
#include <math.h>

#include "host.h"

#define WHEEL_ACCELERATION 12.0 /* m/s2: what the motors can do */
#define BRAKE_DECELERATION 3.0  /* m/s2: the mechanical brake */
#define BATTERY_WH 480.0
#define IDLE_W 35.0
#define MOVE_W 160.0
#define CHARGE_W 1600.0

static struct {
    struct body_make make;
    double asked[2], speed[2], travel[2]; /* left, right: m/s, m/s, m; as the firmware believes in its wheels */
    struct pose place;                    /* where it really is */
    double turning;                       /* rad/s, clockwise */
    bool braking, motor_fault;
    bool obstacle;
    double obstacle_m; /* ahead of the bumper */
    bool estop_pressed, estop_reset;
    enum hal_fix fix;
    struct pose fix_pose;
    bool reaching;
    double percent, drawn_wh;
} body = {.make = BODY_AS_BELIEVED};

void body_begin(double battery) {
    body.percent = battery;
    body.braking = true;
}

void body_stand(const struct pose *place, const struct body_make *make) {
    body.place = *place;
    body.make = *make;
}

static double toward(double speed, double wanted, double step) {
    return wanted > speed ? fmin(speed + step, wanted) : fmax(speed - step, wanted);
}

static void use_battery(double dt) {
    bool moving = body.speed[0] != 0.0 || body.speed[1] != 0.0;
    double drawn = (moving ? MOVE_W : IDLE_W) * dt / 3600.0;
    double gained = hal_charger_contact() ? CHARGE_W * dt / 3600.0 : 0.0;
    body.drawn_wh += drawn;
    body.percent = fmin(100.0, fmax(0.0, body.percent + 100.0 * (gained - drawn) / BATTERY_WH));
}

/* Move at even acceleration; `before`: speeds of the wheels at the beginning. */
static void roll(const double before[2], double dt) {
    double way[2], speed[2];
    for (int wheel = 0; wheel < 2; wheel++) {
        double travel = 0.5 * (before[wheel] + body.speed[wheel]) * dt;
        body.travel[wheel] += travel;
        way[wheel] = travel * body.make.scale[wheel];
        speed[wheel] = body.speed[wheel] * body.make.scale[wheel];
    }
    double track = HAL_TRACK_M * body.make.track_scale;
    double ahead = 0.5 * (way[0] + way[1]), turned = (way[0] - way[1]) / track;
    body.place.x += ahead * cos(body.place.theta + 0.5 * turned);
    body.place.y += ahead * sin(body.place.theta + 0.5 * turned);
    body.place.theta += turned;
    body.turning = (speed[0] - speed[1]) / track;
    body.obstacle_m -= ahead;
}

void body_step(double dt) {
    bool powered = !body.braking && !body.motor_fault && !body.estop_pressed && body.percent > 0.0;
    double share = body.make.lag_s > 0.0 ? 1.0 - exp(-dt / body.make.lag_s) : 1.0;
    double before[2] = {body.speed[0], body.speed[1]};
    log_row(dt, body.asked, body.travel, body.turning, &body.place);
    for (int wheel = 0; wheel < 2; wheel++) {
        double step = (powered ? WHEEL_ACCELERATION : BRAKE_DECELERATION) * dt;
        double wanted = powered ? before[wheel] + share * (body.asked[wheel] - before[wheel]) : 0.0;
        body.speed[wheel] = toward(before[wheel], wanted, step);
    }
    roll(before, dt);
    use_battery(dt);
}

void body_block(double obstacle_m) {
    body.obstacle = true;
    body.obstacle_m = obstacle_m;
}

void body_clear(void) {
    body.obstacle = false;
}

void body_fail(bool failed) {
    body.motor_fault = failed;
}

void body_press_estop(void) {
    body.estop_pressed = true;
    body.estop_reset = false;
}

void body_reset_estop(void) {
    body.estop_pressed = false;
    body.estop_reset = true;
}

/* Somebody lifts it off the floor: its wheels carry it nowhere any more. */
static void lift(enum hal_fix fix) {
    body.fix = fix;
    body.speed[0] = body.speed[1] = 0.0;
    body.reaching = false;
}

void body_lose(void) {
    lift(HAL_FIX_LOST);
}

void body_place(const struct pose *pose) {
    lift(HAL_FIX_MOVED);
    body.fix_pose = body.place = *pose;
}

void hal_drive(double left_mps, double right_mps) {
    body.asked[0] = left_mps;
    body.asked[1] = right_mps;
    body.braking = false;
}

void hal_brake(void) {
    body.asked[0] = body.asked[1] = 0.0;
    body.braking = true;
}

struct hal_encoders hal_encoders(void) {
    return (struct hal_encoders){(int64_t)floor(body.travel[0] * HAL_TICKS_PER_M),
                                 (int64_t)floor(body.travel[1] * HAL_TICKS_PER_M)};
}

bool hal_bumper(void) {
    return body.obstacle && body.obstacle_m <= 0.0;
}

enum hal_estop hal_estop(void) {
    bool reset = body.estop_reset;
    body.estop_reset = false;
    return body.estop_pressed ? HAL_ESTOP_PRESSED : reset ? HAL_ESTOP_RESET : HAL_ESTOP_OUT;
}

bool hal_motor_fault(void) {
    return body.motor_fault;
}

struct hal_battery hal_battery(void) {
    return (struct hal_battery){body.percent, body.drawn_wh};
}

enum hal_fix hal_localiser(struct pose *pose) {
    enum hal_fix fix = body.fix;
    *pose = body.fix_pose;
    body.fix = HAL_FIX_NONE;
    return fix;
}

/* A charger stands wherever the robot is told to charge. */
void hal_reach_for_charger(bool reach) {
    body.reaching = reach;
}

bool hal_charger_contact(void) {
    return body.reaching && body.speed[0] == 0.0 && body.speed[1] == 0.0;
}
