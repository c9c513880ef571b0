/* For LD_PRELOAD: counts who takes memory from the heap, and writes it to the file $ALLOCATIONS at the end:
 *
 * program  calls from the program's own code, at any time
 * loop     calls in the control loop's thread while it runs, outside calls of libzmq, whoever makes them
 * zmq      calls in that thread inside of libzmq, which takes memory for every message: the counter's own check
 *
 * The loop runs from its first clock_nanosleep on.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static uintptr_t program_begin, program_end;
static pthread_t loop;
static int running, in_zmq;
static unsigned long program_calls, loop_calls, zmq_calls;

static int find_program(struct dl_phdr_info *info, size_t size, void *nothing) {
    (void)size;
    (void)nothing;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            program_begin = info->dlpi_addr + part->p_vaddr;
            program_end = program_begin + part->p_memsz;
        }
    }
    return 1; /* the first one is the program */
}

__attribute__((constructor)) static void begin(void) {
    dl_iterate_phdr(find_program, NULL);
}

static void count(void *caller) {
    uintptr_t from = (uintptr_t)caller;
    if (from >= program_begin && from < program_end) {
        __atomic_add_fetch(&program_calls, 1, __ATOMIC_RELAXED);
    }
    if (running && pthread_equal(pthread_self(), loop)) {
        *(in_zmq > 0 ? &zmq_calls : &loop_calls) += 1;
    }
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    static int (*real)(clockid_t, int, const struct timespec *, struct timespec *);
    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "clock_nanosleep");
        loop = pthread_self();
    }
    running = 1;
    return real(clock, flags, until, left);
}

/* A function of libzmq that the loop calls. */
#define ZMQ(type, name, parameters, values)                 \
    type name parameters {                                  \
        static type(*real) parameters;                      \
        if (real == NULL) {                                 \
            *(void **)&real = dlsym(RTLD_NEXT, #name);      \
        }                                                   \
        in_zmq++;                                           \
        type result = real values;                          \
        in_zmq--;                                           \
        return result;                                      \
    }

ZMQ(int, zmq_send, (void *socket, const void *bytes, size_t size, int flags), (socket, bytes, size, flags))
ZMQ(int, zmq_recv, (void *socket, void *bytes, size_t size, int flags), (socket, bytes, size, flags))
ZMQ(void *, zmq_socket, (void *context, int type), (context, type))
ZMQ(int, zmq_close, (void *socket), (socket))
ZMQ(int, zmq_connect, (void *socket, const char *endpoint), (socket, endpoint))
ZMQ(int, zmq_socket_monitor, (void *socket, const char *endpoint, int events), (socket, endpoint, events))
ZMQ(int, zmq_setsockopt, (void *socket, int option, const void *value, size_t size), (socket, option, value, size))
ZMQ(int, zmq_getsockopt, (void *socket, int option, void *value, size_t *size), (socket, option, value, size))
ZMQ(int, zmq_ctx_term, (void *context), (context))

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("ALLOCATIONS");
    running = 0;
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "program %lu\nloop %lu\nzmq %lu\n", program_calls, loop_calls, zmq_calls);
        fclose(file);
    }
}
