#ifndef BENCH_INIT_USERS_H
#define BENCH_INIT_USERS_H

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" { /* for the tests */
#endif

#define BENCH_MOST_GROUPS 1024

struct identity {
  uid_t uid;
  gid_t gid;
  gid_t groups[BENCH_MOST_GROUPS]; /* supplementary ones, with the primary one first */
  size_t group_count;
  char home[4096];
};

/* USER as Docker reads it ("", "user", "user:group", each a name or a number), by the texts of the image's
   /etc/passwd and /etc/group. By hand: a static getpwnam wants libraries that the image may not have. Returns
   1, or 0 with a sentence in `wrong`. */
int find_identity(const char* spec, const char* passwd, const char* group, struct identity* found,
                  char* wrong, size_t wrong_size);

#ifdef __cplusplus
}
#endif

#endif
