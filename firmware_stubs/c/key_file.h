/* Key files as ZeroMQ's tools write them (ZPL, RFC 4 of the ZeroMQ project): a section `curve` with keys in Z85. */
#ifndef KEY_FILE_H
#define KEY_FILE_H

#include "link.h"

/* Read the public key, and the secret one unless `secret_key` is NULL. A file with a secret key must be nobody else's
 * business: no rights for group and others. Returns what is wrong, NULL if nothing is. */
const char *key_file_read(const char *path, char public_key[LINK_KEY_CHARACTERS],
                          char secret_key[LINK_KEY_CHARACTERS]);

#endif
