#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key_file.h"

#define USAGE \
    "usage: robot --connect tcp://HOST:PORT[,...] --gateway NAME --robot SERIAL --at X,Y,THETA --map NAME\n" \
    "             --state FILE\n" \
    "             [--key FILE --server-key FILE] [--speed M/S] [--acceleration M/S2] [--turn-rate RAD/S]\n" \
    "             [--length M] [--width M] [--battery PERCENT] [--log FILE]\n"

enum word {
    WORD_CONNECT, WORD_GATEWAY, WORD_ROBOT, WORD_AT, WORD_MAP, WORD_STATE, WORD_KEY, WORD_SERVER_KEY, WORD_SPEED,
    WORD_ACCELERATION, WORD_TURN_RATE, WORD_LENGTH, WORD_WIDTH, WORD_BATTERY, WORD_LOG, WORDS
};

static const char *const words[WORDS] = {"--connect", "--gateway", "--robot", "--at", "--map", "--state", "--key",
                                         "--server-key", "--speed", "--acceleration", "--turn-rate", "--length",
                                         "--width", "--battery", "--log"};

static bool wrong(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("robot: error: ", stderr);
    vfprintf(stderr, format, values);
    fputs("\n", stderr);
    va_end(values);
    return false;
}

static bool read_number(const char **text, double least, double most, double *number) {
    char *end;
    errno = 0;
    *number = strtod(*text, &end);
    bool read = end != *text && errno == 0 && *number >= least && *number <= most;
    *text = end;
    return read;
}

bool options_place(const char *text, struct pose *pose) {
    return read_number(&text, -1e6, 1e6, &pose->x) && *text++ == ',' && read_number(&text, -1e6, 1e6, &pose->y) &&
           *text++ == ',' && read_number(&text, -1e3, 1e3, &pose->theta) && *text == '\0';
}

static bool find_words(int count, char **arguments, const char *values[WORDS]) {
    for (int i = 1; i < count; i += 2) {
        int word = 0;
        while (word < WORDS && strcmp(arguments[i], words[word]) != 0) {
            word++;
        }
        if (word == WORDS) {
            return wrong("%s is no option\n" USAGE, arguments[i]);
        }
        if (i + 1 == count) {
            return wrong("%s needs a value", words[word]);
        }
        values[word] = arguments[i + 1];
    }
    for (int word = WORD_CONNECT; word <= WORD_STATE; word++) {
        if (values[word] == NULL) {
            return wrong("%s is missing\n" USAGE, words[word]);
        }
    }
    return true;
}

static bool read_name(const char *const *values, enum word word, struct slice *name) {
    *name = slice_of(values[word]);
    long characters = utf8_characters(*name);
    return (characters >= 1 && characters <= NAME_CHARACTERS) ||
           wrong("%s: a name has 1 to %d characters", words[word], NAME_CHARACTERS);
}

static bool read_quantity(const char *const *values, enum word word, double least, double most, double otherwise,
                          double *quantity) {
    const char *text = values[word];
    *quantity = otherwise;
    return text == NULL || (read_number(&text, least, most, quantity) && *text == '\0') ||
           wrong("%s %s: not a number from %g to %g", words[word], values[word], least, most);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_loopback(const char *endpoint) {
    return starts_with(endpoint, "tcp://127.") || starts_with(endpoint, "tcp://localhost:") ||
           starts_with(endpoint, "tcp://[::1]:");
}

static bool is_endpoint(const char *endpoint) {
    const char *port = strrchr(endpoint, ':');
    char *end;
    if (!starts_with(endpoint, "tcp://") || port < endpoint + strlen("tcp://") + 1) {
        return false;
    }
    long number = strtol(port + 1, &end, 10);
    return port[1] >= '0' && port[1] <= '9' && *end == '\0' && number >= 1 && number <= 65535;
}

static bool read_endpoints(struct options *options, const char *text, bool keyed) {
    if (strlen(text) >= sizeof options->endpoints) {
        return wrong("--connect: too long");
    }
    strcpy(options->endpoints, text);
    struct session_params *session = &options->session;
    for (char *at = options->endpoints; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma++ = '\0';
        }
        if (!is_endpoint(at)) {
            return wrong("--connect: '%s' is not tcp://HOST:PORT", at);
        }
        if (!keyed && !is_loopback(at)) {
            return wrong("--connect %s: a controller on another machine needs --key and --server-key", at);
        }
        if (session->endpoint_count == SESSION_ENDPOINTS) {
            return wrong("--connect: more than %d endpoints", SESSION_ENDPOINTS);
        }
        session->endpoints[session->endpoint_count++] = at;
        at = comma;
    }
    return true;
}

static bool read_keys(struct link_keys *keys, const char *own, const char *server) {
    const char *problem;
    if ((own == NULL) != (server == NULL)) {
        return wrong("--key and --server-key go together");
    }
    keys->used = own != NULL;
    if (!keys->used) {
        return true;
    }
    problem = key_file_read(own, keys->public_key, keys->secret_key);
    if (problem != NULL) {
        return wrong("--key %s: %s", own, problem);
    }
    problem = key_file_read(server, keys->server_key, NULL);
    return problem == NULL || wrong("--server-key %s: %s", server, problem);
}

static bool read_limits(struct limits *limits, const char *const *values) {
    limits->turn_acceleration = 8.0;
    return read_quantity(values, WORD_SPEED, 0.01, 10, 1.0, &limits->speed) &&
           read_quantity(values, WORD_ACCELERATION, 0.01, 10, 1.0, &limits->acceleration) &&
           read_quantity(values, WORD_TURN_RATE, 0.01, 10, 3.0, &limits->turn_rate) &&
           read_quantity(values, WORD_LENGTH, 0.01, 10, 0.72, &limits->length) &&
           read_quantity(values, WORD_WIDTH, 0.01, 10, 0.66, &limits->width);
}

bool options_read(struct options *options, int count, char **arguments) {
    const char *values[WORDS] = {NULL};
    if (!find_words(count, arguments, values)) {
        return false;
    }
    if (!options_place(values[WORD_AT], &options->at)) {
        return wrong("--at %s: not X,Y,THETA in metres and radians", values[WORD_AT]);
    }
    options->state_file = values[WORD_STATE];
    options->log_file = values[WORD_LOG];
    return read_name(values, WORD_GATEWAY, &options->session.gateway) &&
           read_name(values, WORD_ROBOT, &options->robot) && read_name(values, WORD_MAP, &options->map) &&
           read_limits(&options->limits, values) &&
           read_quantity(values, WORD_BATTERY, 0, 100, 90.0, &options->battery) &&
           read_keys(&options->session.keys, values[WORD_KEY], values[WORD_SERVER_KEY]) &&
           read_endpoints(options, values[WORD_CONNECT], values[WORD_KEY] != NULL);
}
