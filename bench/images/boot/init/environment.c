#include "bench/images/boot/init/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int names(const char* pair, const char* name) {
  const size_t size = strlen(name);
  return strncmp(pair, name, size) == 0 && pair[size] == '=';
}

const char* variable(const struct list* env, const char* name) {
  for (size_t i = env->count; i-- > 0;) {
    if (names(env->items[i], name)) return env->items[i] + strlen(name) + 1;
  }
  return NULL;
}

/* `pair` has a "=". */
static int put_pair(struct list* env, char* pair) {
  const size_t size = strcspn(pair, "=") + 1;
  for (size_t i = 0; i < env->count; ++i) {
    if (strncmp(env->items[i], pair, size) == 0) {
      env->items[i] = pair;
      return 1;
    }
  }
  return append(env, pair);
}

int set_variable(struct list* env, const char* name, const char* value) {
  const size_t size = strlen(name) + strlen(value) + 2;
  char* pair = (char*)malloc(size);
  if (pair == NULL) return 0;
  snprintf(pair, size, "%s=%s", name, value);
  return put_pair(env, pair);
}

int put_all(const struct list* pairs, struct list* env) {
  int ok = 1;
  for (size_t i = 0; ok && i < pairs->count; ++i) ok = put_pair(env, pairs->items[i]);
  return ok;
}

int make_environment(const struct list* image, const char* hostname, const char* home, struct list* made) {
  int ok = set_variable(made, "PATH", DEFAULT_PATH) && set_variable(made, "HOSTNAME", hostname);
  ok = ok && put_all(image, made);
  const char* given = variable(made, "HOME");
  if (ok && (given == NULL || *given == '\0')) ok = set_variable(made, "HOME", home);
  return ok;
}

int take_exports(char* script, struct list* env) {
  static const char begin[] = "export ";
  for (char* at = script; *at != '\0'; ++at) {
    if (*at == '\n') continue;
    if (strncmp(at, begin, sizeof begin - 1) != 0) return 0;
    at += sizeof begin - 1;
    char* const pair = at;
    char* to = at;
    int quoted = 0;
    for (; *at != '\0' && (quoted || *at != '\n'); ++at) {
      if (*at == '\'') {
        quoted = !quoted;
        continue;
      }
      if (!quoted && *at == '\\' && at[1] != '\0') ++at;
      *to++ = *at;
    }
    if (*at == '\0') return 0;
    *to = '\0';
    if (strchr(pair, '=') == NULL || !put_pair(env, pair)) return 0;
  }
  return 1;
}

static int runnable(const char* path) {
  struct stat status;
  if (stat(path, &status) != 0) return errno;
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return access(path, X_OK) == 0 ? 0 : errno;
}

int find_program(const char* name, const char* path, char* found, size_t size) {
  if (strchr(name, '/') != NULL) {
    snprintf(found, size, "%s", name);
    return runnable(found);
  }
  while (path != NULL) {
    const size_t length = strcspn(path, ":");
    if (length == 0) {
      snprintf(found, size, "./%s", name);
    } else {
      snprintf(found, size, "%.*s/%s", (int)length, path, name);
    }
    if (name[0] != '\0' && runnable(found) == 0) return 0;
    path = path[length] == ':' ? path + length + 1 : NULL;
  }
  return ENOENT;
}
