#ifndef BENCH_INIT_WORDS_H
#define BENCH_INIT_WORDS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" { /* for the tests */
#endif

/* One line on the console. */
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* A whole file with a NUL after it, from malloc; a null pointer when it cannot be read. */
char* read_file(const char* path, size_t* size);

#ifdef __cplusplus
}
#endif

#endif
