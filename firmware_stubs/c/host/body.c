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
    double asked[2], speed[2], travel[2]; /* left, right: m/s, m/s, m */
    bool braking, motor_fault;
    bool obstacle;
    double obstacle_m; /* ahead of the bumper */
    bool estop_pressed, estop_reset;
    enum hal_fix fix;
    struct pose fix_pose;
    bool reaching;
    double percent, drawn_wh;
} body;

void body_begin(double battery) {
    body.percent = battery;
    body.braking = true;
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

void body_step(double dt) {
    bool powered = !body.braking && !body.motor_fault && !body.estop_pressed && body.percent > 0.0;
    for (int wheel = 0; wheel < 2; wheel++) {
        double step = (powered ? WHEEL_ACCELERATION : BRAKE_DECELERATION) * dt;
        body.speed[wheel] = toward(body.speed[wheel], powered ? body.asked[wheel] : 0.0, step);
        body.travel[wheel] += body.speed[wheel] * dt;
    }
    body.obstacle_m -= 0.5 * (body.speed[0] + body.speed[1]) * dt;
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
    body.fix_pose = *pose;
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
