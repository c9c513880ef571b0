/* A robot's firmware that speaks docs/protocol.md, on a simulated robot. See README.md. */
#include <stdio.h>
#include <zmq.h>

#include "host/host.h"
#include "memory.h"
#include "options.h"
#include "session.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* All that the program needs, from the start on: nothing is taken from the heap after. */
static struct options options;
static struct robot robot;
static struct records records;
static struct session session;

static bool recall(void) {
    switch (memory_recall(&robot)) {
    case RECALL_DAMAGED:
        fprintf(stderr, "robot: error: --state %s: damaged; take it away, and say with --at where the robot stands\n",
                options.state_file);
        return false;
    case RECALL_OTHER_ROBOT:
        fprintf(stderr, "robot: error: --state %s: it is another robot's\n", options.state_file);
        return false;
    default: return true;
    }
}

int main(int count, char **arguments) {
    if (!options_read(&options, count, arguments)) {
        return EXIT_USAGE;
    }
    if (!host_begin(options.state_file, options.battery, &options.at, options.log_file)) {
        return EXIT_USAGE;
    }
    robot_begin(&robot, options.robot, options.map, &options.at, &options.limits);
    if (!recall()) {
        return EXIT_USAGE;
    }
    if (!session_begin(&session, &options.session, &robot, &records)) {
        fprintf(stderr, "robot: error: ZeroMQ: %s\n", zmq_strerror(zmq_errno()));
        return EXIT_FAILED;
    }
    host_watch();
    while (hal_wait_tick()) {
        robot_step(&robot);
        records_step(&records, &robot);
        session_step(&session);
        hal_watchdog_kick();
    }
    hal_brake();
    host_end();
    session_end(&session);
    return EXIT_GOOD;
}
