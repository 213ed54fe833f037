#ifndef BENCH_INIT_MACHINE_H
#define BENCH_INIT_MACHINE_H

#include "bench/images/boot/init/config.h"
#include "bench/images/boot/init/words.h"

/* Says it, says the exit status 125 (what Docker gives for what is not the app's fault) and turns the machine
 * off. */
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Says the status, writes everything to the disk and turns the machine off. */
_Noreturn void power_off(int status);

/* The drivers in order, then the disk as root, with /proc, /sys and all of /dev. */
void load_modules(const struct list* modules);
void enter_disk(const char* device);
void mount_all(const struct list* tmpfs);

/* Host name, loopback, the address, and the files in /etc that an engine gives a container. */
void set_up_network(const struct config* config);

#endif
