#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define FILE_BYTES 4096

/* Copy the value of a line `    name = "value"` of the section `curve`; false if there is none. */
static bool find_key(const char *text, const char *name, char key[LINK_KEY_CHARACTERS]) {
    bool in_section = false;
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        const char *at = line + strspn(line, " \t");
        if (at == line && length > 0 && *line != '#') {
            in_section = length >= 5 && strncmp(line, "curve", 5) == 0 && strspn(line + 5, " \t\r") + 5 == length;
        }
        size_t name_size = strlen(name);
        if (in_section && at > line && strncmp(at, name, name_size) == 0) {
            at += name_size;
            at += strspn(at, " \t");
            if (*at++ == '=') {
                at += strspn(at, " \t");
                size_t size = *at == '"' ? strcspn(at + 1, "\"\n") : 0;
                if (size != LINK_KEY_CHARACTERS - 1 || at[1 + size] != '"') {
                    return false;
                }
                memcpy(key, at + 1, size);
                key[size] = '\0';
                return true;
            }
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

static bool is_key(const char *key) {
    unsigned char bytes[32];
    return zmq_z85_decode(bytes, key) != NULL;
}

static const char *read_text(const char *path, bool secret, char text[FILE_BYTES]) {
    struct stat about;
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return strerror(errno);
    }
    bool loose = fstat(file, &about) != 0 || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    ssize_t size = read(file, text, FILE_BYTES - 1);
    close(file);
    if (secret && loose) {
        return "others than its owner may use this secret key: chmod 600 it";
    }
    if (size < 0) {
        return strerror(errno);
    }
    text[size] = '\0';
    return NULL;
}

const char *key_file_read(const char *path, char public_key[LINK_KEY_CHARACTERS],
                          char secret_key[LINK_KEY_CHARACTERS]) {
    char text[FILE_BYTES];
    const char *problem = read_text(path, secret_key != NULL, text);
    if (problem == NULL && (!find_key(text, "public-key", public_key) || !is_key(public_key))) {
        problem = "has no public key";
    }
    if (problem == NULL && secret_key != NULL && (!find_key(text, "secret-key", secret_key) || !is_key(secret_key))) {
        problem = "has no secret key";
    }
    memset(text, 0, sizeof text);
    return problem;
}
