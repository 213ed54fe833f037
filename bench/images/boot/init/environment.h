#ifndef BENCH_INIT_ENVIRONMENT_H
#define BENCH_INIT_ENVIRONMENT_H

#include <stddef.h>

#include "bench/images/boot/init/config.h"

#ifdef __cplusplus
extern "C" { /* for the tests */
#endif

/* The value of NAME, or a null pointer. Of several the last one counts. */
const char* variable(const struct list* env, const char* name);

/* "NAME=VALUE" in place of what NAME had, or at the end. */
int set_variable(struct list* env, const char* name, const char* value);

/* All of `pairs`, each in place of what its name had, or at the end. Returns 0 when there is no memory. */
int put_all(const struct list* pairs, struct list* env);

/* What a container has beside the image's ENV, in Docker's order: PATH, HOSTNAME, the image's own, HOME where
   it is missing or empty. Returns 0 when there is no memory. */
int make_environment(const struct list* image, const char* hostname, const char* home, struct list* made);

/* Takes what a shell would take from lines "export NAME=WORD": WORD is plain, in single quotes, or has a sign
   after a backslash. The pairs stay in `script`. Returns 0 when it is something else or is cut off, or when
   there is no memory. The host's side is variables_disk.cpp. */
int take_exports(char* script, struct list* env);

/* Where a program of this name is: itself with a slash in it, else by `path`. Returns 0, or the errno with
   which it cannot be run: ENOENT where there is none. */
int find_program(const char* name, const char* path, char* found, size_t size);

#ifdef __cplusplus
}
#endif

#endif
