/* The connection to a controller: a DEALER socket of ZeroMQ, with CURVE where keys are given. Nothing here waits. */
#ifndef LINK_H
#define LINK_H

#include "messages.h"

#define LINK_KEY_CHARACTERS 41 /* Z85 text of a key, with its zero */
#define LINK_FRAMES 2

struct link_keys {
    bool used;
    char public_key[LINK_KEY_CHARACTERS], secret_key[LINK_KEY_CHARACTERS], server_key[LINK_KEY_CHARACTERS];
};

struct link {
    void *context, *socket, *monitor;
    struct link_keys keys;
};

enum link_received { LINK_NOTHING, LINK_FRAME, LINK_REFUSED };

/* Make ready to connect; false if the system gives no context. */
bool link_begin(struct link *link, const struct link_keys *keys);

/* Connect to an endpoint, over a new socket; false if it cannot be an endpoint. */
bool link_connect(struct link *link, const char *endpoint);

/* Let go of the connection; what is on its way out has 200 ms to go. */
void link_close(struct link *link);
void link_end(struct link *link);

/* Whether the connection has broken, or was refused, since the last call. */
bool link_broken(struct link *link);

/* Send a frame under the tag; false if it cannot be taken now. */
bool link_send(struct link *link, const struct frame *frame);

/* Take the next message into a frame. `fault` says why one was refused. */
enum link_received link_receive(struct link *link, struct frame *frame, enum fault *fault);

#endif
