#include "bench/images/boot/init/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include "bench/images/boot/init/words.h"

#define LIMITS_WORD "bench.limits="
#define MOST_GROUPS 256

static const struct {
  const char* name;
  int resource;
} kLimits[] = {
    {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"core", RLIMIT_CORE}, {"memlock", RLIMIT_MEMLOCK}};
enum { LIMIT_COUNT = sizeof kLimits / sizeof *kLimits };

/* FNV-1a with the NUL at the end: enough to tell two environments apart, and no value can be read off it. */
static uint64_t add_word(uint64_t digest, const char* word) {
  const unsigned char* at = (const unsigned char*)word;
  do {
    digest = (digest ^ *at) * 0x100000001b3ULL;
  } while (*at++ != '\0');
  return digest;
}

#define FIRST_DIGEST 0xcbf29ce484222325ULL

uint64_t digest_of_command(char* const* args) {
  uint64_t digest = FIRST_DIGEST;
  for (; *args != NULL; ++args) digest = add_word(digest, *args);
  return digest;
}

uint64_t digest_of_environment(char* const* environment) {
  uint64_t digest = 0;
  for (; *environment != NULL; ++environment) {
    if (strncmp(*environment, "HOSTNAME=", 9) != 0) digest += add_word(FIRST_DIGEST, *environment);
  }
  return digest;
}

static int by_number(const void* a, const void* b) {
  const gid_t left = *(const gid_t*)a, right = *(const gid_t*)b;
  return left < right ? -1 : left > right;
}

/* What does not fit is cut: a longer text is only told from others by its beginning. */
static void append_text(char* line, size_t room, const char* text) {
  const size_t used = strlen(line);
  snprintf(line + used, room - used, "%s", text);
}

/* The primary one is not said again: engines of some versions have it among the others. */
static void add_groups(char* line, size_t room) {
  gid_t groups[MOST_GROUPS];
  const int count = getgroups(MOST_GROUPS, groups);
  if (count > 0) qsort(groups, (size_t)count, sizeof *groups, by_number);
  for (int i = 0; i < count; ++i) {
    if (groups[i] == getgid() || (i > 0 && groups[i] == groups[i - 1])) continue;
    char word[24];
    snprintf(word, sizeof word, "+%u", (unsigned)groups[i]);
    append_text(line, room, word);
  }
}

static void add_limits(char* line, size_t room) {
  for (int i = 0; i < LIMIT_COUNT; ++i) {
    struct rlimit limit;
    if (getrlimit(kLimits[i].resource, &limit) != 0) continue;
    char word[96];
    snprintf(word, sizeof word, "%s%s:%lld:%lld", i == 0 ? "" : ",", kLimits[i].name,
             limit.rlim_cur == RLIM_INFINITY ? -1LL : (long long)limit.rlim_cur,
             limit.rlim_max == RLIM_INFINITY ? -1LL : (long long)limit.rlim_max);
    append_text(line, room, word);
  }
}

void report_start(char* const* args, char* const* environment) {
  char limits[512] = "", groups[1024] = "", where[4096] = "?";
  add_limits(limits, sizeof limits);
  add_groups(groups, sizeof groups);
  if (getcwd(where, sizeof where) == NULL) snprintf(where, sizeof where, "?");
  for (char* at = where; *at != '\0'; ++at) {
    if ((unsigned char)*at < ' ') *at = '?'; /* one line */
  }
  where[512] = '\0';
  say("@bench start command=%016llx environment=%016llx user=%u:%u%s limits=%s workdir=%s",
      (unsigned long long)digest_of_command(args), (unsigned long long)digest_of_environment(environment),
      (unsigned)getuid(), (unsigned)getgid(), groups, limits, where);
}

/* Where a container may have more open files than this kernel lets anybody have. */
static void allow_files(rlim_t wanted) {
  static const char kPlace[] = "/proc/sys/fs/nr_open";
  char* text = read_file(kPlace, NULL);
  if (text == NULL) return;
  if (wanted != RLIM_INFINITY && strtoull(text, NULL, 10) < (unsigned long long)wanted) {
    FILE* file = fopen(kPlace, "w");
    if (file != NULL) {
      fprintf(file, "%llu\n", (unsigned long long)wanted);
      fclose(file);
    }
  }
  free(text);
}

int apply_limit(const char* text) {
  char name[16];
  long long soft = 0, hard = 0;
  if (sscanf(text, "%15[a-z]:%lld:%lld", name, &soft, &hard) != 3) return EINVAL;
  for (int i = 0; i < LIMIT_COUNT; ++i) {
    if (strcmp(kLimits[i].name, name) != 0) continue;
    const struct rlimit limit = {soft < 0 ? RLIM_INFINITY : (rlim_t)soft,
                                 hard < 0 ? RLIM_INFINITY : (rlim_t)hard};
    if (kLimits[i].resource == RLIMIT_NOFILE) allow_files(limit.rlim_max);
    return setrlimit(kLimits[i].resource, &limit) == 0 ? 0 : errno;
  }
  return EINVAL;
}

void apply_limits_of(const char* command_line) {
  const char* found = strstr(command_line, LIMITS_WORD);
  if (found == NULL) return;
  char words[512];
  found += strlen(LIMITS_WORD);
  snprintf(words, sizeof words, "%.*s", (int)strcspn(found, " \n"), found);
  char* rest = NULL;
  for (char* word = strtok_r(words, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
    const int error = apply_limit(word);
    /* The program starts nevertheless, and the report shows the difference. */
    if (error != 0) say("bench: limit %s: %s", word, strerror(error));
  }
}
