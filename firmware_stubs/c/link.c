#include "link.h"

#include <string.h>
#include <zmq.h>

#define LINGER_MS 200
#define SEND_QUEUE 64
#define RECEIVE_QUEUE 256
#define RECONNECT_MS 100
#define RECONNECT_MOST_MS 1000
#define HANDSHAKE_MS 2000
/* ZeroMQ cuts a connection that sends more; a frame that is only somewhat too long is passed over by us. */
#define LARGEST_BYTES 65536
#define EVENTS_ENDPOINT "inproc://events"
#define BREAKING_EVENTS \
    (ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

bool link_begin(struct link *link, const struct link_keys *keys) {
    link->context = zmq_ctx_new();
    link->keys = *keys;
    return link->context != NULL;
}

static bool set_number(void *socket, int option, int value) {
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_options(void *socket, const struct link_keys *keys) {
    int64_t largest = LARGEST_BYTES;
    bool set = set_number(socket, ZMQ_LINGER, LINGER_MS) && set_number(socket, ZMQ_SNDHWM, SEND_QUEUE) &&
               set_number(socket, ZMQ_RCVHWM, RECEIVE_QUEUE) && set_number(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
               set_number(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MOST_MS) &&
               set_number(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
               zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
    if (!keys->used) {
        return set;
    }
    return set && zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, LINK_KEY_CHARACTERS) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, LINK_KEY_CHARACTERS) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, keys->server_key, LINK_KEY_CHARACTERS) == 0;
}

bool link_connect(struct link *link, const char *endpoint) {
    link_close(link);
    link->socket = zmq_socket(link->context, ZMQ_DEALER);
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    bool connected = link->socket != NULL && link->monitor != NULL && set_options(link->socket, &link->keys) &&
                     zmq_socket_monitor(link->socket, EVENTS_ENDPOINT, BREAKING_EVENTS) == 0 &&
                     zmq_connect(link->monitor, EVENTS_ENDPOINT) == 0 && zmq_connect(link->socket, endpoint) == 0;
    if (!connected) {
        link_close(link);
    }
    return connected;
}

void link_close(struct link *link) {
    if (link->socket != NULL) {
        zmq_socket_monitor(link->socket, NULL, 0);
        zmq_close(link->socket);
        link->socket = NULL;
    }
    if (link->monitor != NULL) {
        zmq_close(link->monitor);
        link->monitor = NULL;
    }
}

void link_end(struct link *link) {
    link_close(link);
    zmq_ctx_term(link->context);
}

bool link_broken(struct link *link) {
    unsigned char event[16];
    bool broken = false;
    /* Of an event only that it came is of interest; its second frame is the endpoint. */
    while (link->monitor != NULL && zmq_recv(link->monitor, event, sizeof event, ZMQ_DONTWAIT) >= 0) {
        broken = true;
    }
    return broken;
}

bool link_send(struct link *link, const struct frame *frame) {
    if (link->socket == NULL) {
        return false;
    }
    int tag_size = (int)strlen(WIRE_TAG);
    if (zmq_send(link->socket, WIRE_TAG, strlen(WIRE_TAG), ZMQ_DONTWAIT | ZMQ_SNDMORE) != tag_size) {
        return false;
    }
    /* Once the tag is taken, so is the rest of the message. */
    return zmq_send(link->socket, frame->bytes, frame->size, ZMQ_DONTWAIT) >= 0;
}

static bool more_frames(void *socket) {
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more != 0;
}

enum link_received link_receive(struct link *link, struct frame *frame, enum fault *fault) {
    char tag[sizeof WIRE_TAG];
    *fault = FAULT_NONE;
    if (link->socket == NULL) {
        return LINK_NOTHING;
    }
    int size = zmq_recv(link->socket, tag, sizeof tag, ZMQ_DONTWAIT);
    if (size < 0) {
        return LINK_NOTHING;
    }
    if (size != (int)strlen(WIRE_TAG) || memcmp(tag, WIRE_TAG, strlen(WIRE_TAG)) != 0) {
        *fault = FAULT_TAG;
    }
    int frames = 1;
    while (more_frames(link->socket)) {
        size = zmq_recv(link->socket, frame->bytes, sizeof frame->bytes, ZMQ_DONTWAIT);
        frames++;
        if (size > (int)sizeof frame->bytes && *fault == FAULT_NONE) {
            *fault = FAULT_SIZE;
        }
    }
    if (frames != LINK_FRAMES) {
        *fault = FAULT_FRAMES;
    }
    frame->size = size > 0 ? (size_t)size : 0;
    return *fault == FAULT_NONE ? LINK_FRAME : LINK_REFUSED;
}
