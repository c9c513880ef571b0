/* Non-volatile memory: a cell is a file, replaced as a whole by a thread of its own, so that the loop never waits.
 *
 * The cell of the base is synchronised with the disk before it replaces the old one; that of the pose is not, since it
 * is written ten times a second and a robot without it asks where it is. The body keeps the charge of its battery in a
 * cell of its own, which the firmware does not see.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define PATH_BYTES 4096
#define RETRY_S 1
#define BATTERY_CELL HAL_NV_CELLS
#define CELLS (HAL_NV_CELLS + 1)
#define BATTERY_BYTES 32

struct cell {
    char path[PATH_BYTES], temporary[PATH_BYTES];
    unsigned char bytes[HAL_NV_BYTES];
    size_t size;
    bool busy;
};

static struct cell cells[CELLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static bool ends, trouble;

static bool write_all(int file, const unsigned char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static bool write_cell(const struct cell *cell, bool durable) {
    int file = open(cell->temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) {
        return false;
    }
    bool written = write_all(file, cell->bytes, cell->size) && (!durable || fsync(file) == 0);
    written = close(file) == 0 && written;
    return written && rename(cell->temporary, cell->path) == 0;
}

/* The first cell that waits to be written, CELLS if there is none. */
static int next_cell(void) {
    int next = 0;
    while (next < CELLS && !cells[next].busy) {
        next++;
    }
    return next;
}

/* A cell that cannot be written stays busy, and so nothing of it is reported; it is tried again. */
static void write_next(int next) {
    struct timespec retry = {RETRY_S, 0};
    pthread_mutex_unlock(&lock);
    bool written = write_cell(&cells[next], next == HAL_NV_BASE);
    int error = errno;
    if (!written && !trouble) {
        fprintf(stderr, "robot: %s: %s; the robot reports nothing until it can be written\n", cells[next].temporary,
                strerror(error));
    }
    trouble = !written;
    if (!written) {
        nanosleep(&retry, NULL);
    }
    pthread_mutex_lock(&lock);
    cells[next].busy = !written;
}

static void *write_cells(void *nothing) {
    pthread_mutex_lock(&lock);
    while (!ends || (next_cell() < CELLS && !trouble)) {
        int next = next_cell();
        if (next == CELLS) {
            pthread_cond_wait(&changed, &lock);
        } else {
            write_next(next);
        }
    }
    pthread_mutex_unlock(&lock);
    return nothing;
}

/* The cell of the base is empty when there is no file; one that is there has to have something in it. */
static bool is_empty_or_readable(const struct cell *cell) {
    unsigned char byte;
    int file = open(cell->path, O_RDONLY);
    if (file < 0 && errno == ENOENT) {
        return true;
    }
    ssize_t size = file < 0 ? -1 : read(file, &byte, 1);
    if (size <= 0) {
        fprintf(stderr, "robot: error: --state %s: %s\n", cell->path, size < 0 ? strerror(errno) : "damaged: empty");
    }
    if (file >= 0) {
        close(file);
    }
    return size > 0;
}

static bool is_writable(const struct cell *cell) {
    int file = open(cell->temporary, O_WRONLY | O_CREAT, 0600);
    if (file < 0) {
        fprintf(stderr, "robot: error: --state %s: %s\n", cell->temporary, strerror(errno));
        return false;
    }
    return close(file) == 0;
}

bool nonvolatile_begin(const char *state_file) {
    static const char *const suffixes[CELLS] = {"", ".pose", ".battery"};
    for (int i = 0; i < CELLS; i++) {
        struct cell *cell = &cells[i];
        int size = snprintf(cell->path, sizeof cell->path, "%s%s", state_file, suffixes[i]);
        int temporary = snprintf(cell->temporary, sizeof cell->temporary, "%s%s.new", state_file, suffixes[i]);
        if (size < 1 || temporary >= PATH_BYTES) {
            fprintf(stderr, "robot: error: --state: no path, or one that is too long\n");
            return false;
        }
        if ((i == HAL_NV_BASE && !is_empty_or_readable(cell)) || !is_writable(cell)) {
            return false;
        }
    }
    return pthread_create(&thread, NULL, write_cells, NULL) == 0;
}

void nonvolatile_end(void) {
    pthread_mutex_lock(&lock);
    ends = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

static size_t read_cell(int cell, unsigned char *bytes, size_t capacity) {
    int file = open(cells[cell].path, O_RDONLY);
    if (file < 0) {
        return 0;
    }
    ssize_t size = read(file, bytes, capacity);
    close(file);
    return size > 0 ? (size_t)size : 0;
}

static void begin_write(int cell, const unsigned char *bytes, size_t size) {
    pthread_mutex_lock(&lock);
    memcpy(cells[cell].bytes, bytes, size);
    cells[cell].size = size;
    cells[cell].busy = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static bool is_idle(int cell) {
    pthread_mutex_lock(&lock);
    bool idle = !cells[cell].busy;
    pthread_mutex_unlock(&lock);
    return idle;
}

size_t hal_nv_read(enum hal_nv_cell cell, unsigned char bytes[HAL_NV_BYTES]) {
    return read_cell((int)cell, bytes, HAL_NV_BYTES);
}

void hal_nv_write(enum hal_nv_cell cell, const unsigned char *bytes, size_t size) {
    begin_write((int)cell, bytes, size);
}

bool hal_nv_idle(enum hal_nv_cell cell) {
    return is_idle((int)cell);
}

double nonvolatile_battery(double otherwise) {
    unsigned char text[BATTERY_BYTES];
    char *end;
    size_t size = read_cell(BATTERY_CELL, text, sizeof text - 1);
    text[size] = '\0';
    double percent = strtod((const char *)text, &end);
    return end != (char *)text && percent >= 0.0 && percent <= 100.0 ? percent : otherwise;
}

void nonvolatile_keep_battery(double percent) {
    char text[BATTERY_BYTES];
    if (is_idle(BATTERY_CELL)) {
        int size = snprintf(text, sizeof text, "%.4f\n", percent);
        begin_write(BATTERY_CELL, (const unsigned char *)text, (size_t)size);
    }
}
