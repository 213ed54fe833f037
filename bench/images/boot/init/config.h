#ifndef BENCH_INIT_CONFIG_H
#define BENCH_INIT_CONFIG_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" { /* for the tests */
#endif

/* What the host says to the guest's init: strings that end in NUL, first the magic, then pairs of a key and a
   value. A NUL is the one byte that no argument, variable or path can hold. The host's side is
   guest_config.cpp. */
#define BENCH_CONFIG_MAGIC "bench-init 1"

/* Strings that live elsewhere; after the last one stands a null pointer, as execve wants it. */
struct list {
  char** items;
  size_t count;
};

struct config {
  struct list modules; /* file names in /modules, in the order in which they are loaded */
  struct list tmpfs;   /* where memory is mounted, beside /dev/shm */
  struct list args;    /* ENTRYPOINT and CMD */
  struct list env;     /* NAME=VALUE */
  struct list given;   /* the same of the run: these count before the image's */
  struct list limits;  /* RESOURCE:SOFT:HARD, the resource by its number in the kernel */
  char* disk;          /* the device of the root file system */
  char* hostname;
  char* address; /* a.b.c.d/prefix; without it no network but loopback */
  char* gateway;
  char* nameserver;
  char* nonce; /* the variable that gets the machine's serial number; empty: none */
  char* workdir;
  char* user; /* as USER of a Dockerfile */
  int stop_signal;
  long grace_ms; /* between the stop signal and SIGKILL */
};

/* Fills `config` with pointers into `bytes`. Returns what is wrong, or a null pointer. */
const char* read_config(char* bytes, size_t size, struct config* config);

/* Adds at the end; there is always the null pointer after it. Returns 0 when there is no memory. */
int append(struct list* list, char* item);

#ifdef __cplusplus
}
#endif

#endif
