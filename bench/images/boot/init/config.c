#include "bench/images/boot/init/config.h"

#include <stdlib.h>
#include <string.h>

int append(struct list* list, char* item) {
  char** grown = (char**)realloc(list->items, (list->count + 2) * sizeof *grown);
  if (grown == NULL) return 0;
  list->items = grown;
  list->items[list->count++] = item;
  list->items[list->count] = NULL;
  return 1;
}

static struct list* list_of(struct config* config, const char* key) {
  if (strcmp(key, "module") == 0) return &config->modules;
  if (strcmp(key, "tmpfs") == 0) return &config->tmpfs;
  if (strcmp(key, "arg") == 0) return &config->args;
  if (strcmp(key, "env") == 0) return &config->env;
  if (strcmp(key, "limit") == 0) return &config->limits;
  return NULL;
}

static char** text_of(struct config* config, const char* key) {
  if (strcmp(key, "disk") == 0) return &config->disk;
  if (strcmp(key, "hostname") == 0) return &config->hostname;
  if (strcmp(key, "address") == 0) return &config->address;
  if (strcmp(key, "gateway") == 0) return &config->gateway;
  if (strcmp(key, "nameserver") == 0) return &config->nameserver;
  if (strcmp(key, "nonce") == 0) return &config->nonce;
  if (strcmp(key, "workdir") == 0) return &config->workdir;
  if (strcmp(key, "user") == 0) return &config->user;
  return NULL;
}

static const char* take(struct config* config, const char* key, char* value) {
  struct list* list = list_of(config, key);
  if (list != NULL) return append(list, value) ? NULL : "no memory for the configuration";
  char** text = text_of(config, key);
  if (text != NULL) {
    *text = value;
    return NULL;
  }
  char* end = value;
  const long number = strtol(value, &end, 10);
  if (end == value || *end != '\0' || number < 0)
    return "the configuration has a key or a number that is none";
  if (strcmp(key, "signal") == 0) {
    config->stop_signal = (int)number;
  } else if (strcmp(key, "grace") == 0) {
    config->grace_ms = number;
  } else {
    return "the configuration has a key or a number that is none";
  }
  return NULL;
}

const char* read_config(char* bytes, size_t size, struct config* config) {
  memset(config, 0, sizeof *config);
  static char none[1] = "";
  config->disk = config->hostname = config->address = config->gateway = config->nameserver = none;
  config->nonce = config->workdir = config->user = none;
  config->stop_signal = 15;
  config->grace_ms = 10000;
  if (size == 0 || bytes[size - 1] != '\0') return "the configuration is cut off";
  if (strcmp(bytes, BENCH_CONFIG_MAGIC) != 0) return "the configuration is of another version";
  char* at = bytes + strlen(bytes) + 1;
  char* const end = bytes + size;
  while (at < end) {
    char* key = at;
    char* value = key + strlen(key) + 1;
    if (value >= end) return "the configuration is cut off";
    const char* wrong = take(config, key, value);
    if (wrong != NULL) return wrong;
    at = value + strlen(value) + 1;
  }
  if (config->args.count == 0) return "the configuration names no program";
  if (config->disk[0] == '\0') return "the configuration names no disk";
  return NULL;
}
