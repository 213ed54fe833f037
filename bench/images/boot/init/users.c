#include "bench/images/boot/init/users.h"

#include <stdio.h>
#include <string.h>

#define FIELDS 7

struct part {
  const char* at;
  size_t size;
};

static struct part part_of(const char* text) {
  struct part part = {text, strlen(text)};
  return part;
}

static int same(struct part a, struct part b) {
  return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

/* What comes before `separator`, which is taken away with it from `rest`. */
static struct part cut(struct part* rest, char separator) {
  struct part first = *rest;
  const char* end = (const char*)memchr(rest->at, separator, rest->size);
  if (end == NULL) {
    rest->at += rest->size;
    rest->size = 0;
    return first;
  }
  first.size = (size_t)(end - rest->at);
  rest->size -= first.size + 1;
  rest->at = end + 1;
  return first;
}

/* A number as the kernel can have it for a user: below 2^31. -1 for anything else. */
static long number_of(struct part text) {
  long value = 0;
  if (text.size == 0 || text.size > 10) return -1;
  for (size_t i = 0; i < text.size; ++i) {
    if (text.at[i] < '0' || text.at[i] > '9') return -1;
    value = value * 10 + (text.at[i] - '0');
  }
  return value <= 2147483647L ? value : -1;
}

/* The next line that has something in it, cut at its colons; missing fields are empty. */
static int next_entry(struct part* text, struct part fields[FIELDS]) {
  while (text->size > 0) {
    struct part line = cut(text, '\n');
    if (line.size == 0) continue;
    for (int i = 0; i < FIELDS; ++i) fields[i] = cut(&line, ':');
    return 1;
  }
  return 0;
}

static int lists(struct part members, struct part name) {
  while (members.size > 0) {
    if (same(cut(&members, ','), name)) return 1;
  }
  return 0;
}

static void add_group(struct identity* found, gid_t gid) {
  for (size_t i = 0; i < found->group_count; ++i) {
    if (found->groups[i] == gid) return;
  }
  if (found->group_count < BENCH_MOST_GROUPS) found->groups[found->group_count++] = gid;
}

/* The name under which the user stands in passwd; empty for a number that does not. */
static struct part find_user(struct part user, const char* passwd, struct identity* found, int* known) {
  const struct part none = {"", 0};
  const long wanted = user.size == 0 ? 0 : number_of(user);
  struct part text = part_of(passwd);
  struct part fields[FIELDS];
  *known = 1;
  while (next_entry(&text, fields)) {
    const long uid = number_of(fields[2]);
    if (!(wanted >= 0 && uid == wanted) && !(user.size > 0 && same(fields[0], user))) continue;
    const long gid = number_of(fields[3]);
    found->uid = uid < 0 ? 0 : (uid_t)uid;
    found->gid = gid < 0 ? 0 : (gid_t)gid;
    if (fields[5].size > 0 && fields[5].size < sizeof found->home) {
      memcpy(found->home, fields[5].at, fields[5].size);
      found->home[fields[5].size] = '\0';
    }
    return fields[0];
  }
  *known = wanted >= 0;
  if (wanted >= 0) found->uid = (uid_t)wanted;
  return none;
}

static int find_group(struct part name, const char* group, struct identity* found) {
  const long wanted = number_of(name);
  struct part text = part_of(group);
  struct part fields[FIELDS];
  while (next_entry(&text, fields)) {
    const long gid = number_of(fields[2]);
    if (gid < 0 || (gid != wanted && !same(fields[0], name))) continue;
    found->gid = (gid_t)gid;
    return 1;
  }
  if (wanted >= 0) found->gid = (gid_t)wanted;
  return wanted >= 0;
}

int find_identity(const char* spec, const char* passwd, const char* group, struct identity* found,
                  char* wrong, size_t wrong_size) {
  struct part rest = part_of(spec);
  const struct part user = cut(&rest, ':');
  const struct part wanted_group = rest;
  int known = 0;
  memset(found, 0, sizeof *found);
  found->home[0] = '/';
  const struct part name = find_user(user, passwd, found, &known);
  if (!known) {
    snprintf(wrong, wrong_size, "unable to find user %.*s: no matching entries in passwd file",
             (int)user.size, user.at);
    return 0;
  }
  if (wanted_group.size > 0 && !find_group(wanted_group, group, found)) {
    snprintf(wrong, wrong_size, "unable to find group %.*s: no matching entries in group file",
             (int)wanted_group.size, wanted_group.at);
    return 0;
  }
  add_group(found, found->gid);
  /* A group that was asked for is the only one: Docker looks for others only where none was. */
  if (wanted_group.size > 0 || name.size == 0) return 1;
  struct part text = part_of(group);
  struct part fields[FIELDS];
  while (next_entry(&text, fields)) {
    const long gid = number_of(fields[2]);
    if (gid >= 0 && lists(fields[3], name)) add_group(found, (gid_t)gid);
  }
  return 1;
}
