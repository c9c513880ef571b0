/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "limits.h"
#include "pose.h"
#include "session.h"

#define OPTIONS_TEXT 4096

struct options {
    struct session_params session;
    struct slice robot, map;
    struct pose at;
    const char *state_file;
    const char *log_file; /* NULL for none */
    struct limits limits;
    double battery; /* percent at first */
    char endpoints[OPTIONS_TEXT]; /* what session.endpoints point into */
};

/* Read the arguments and key files. Where something is wrong, say so on standard error and return false. */
bool options_read(struct options *options, int count, char **arguments);

/* Read `X,Y,THETA`; false if the text is something else or out of bounds. */
bool options_place(const char *text, struct pose *pose);

#endif
