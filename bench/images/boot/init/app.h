#ifndef BENCH_INIT_APP_H
#define BENCH_INIT_APP_H

#include <sys/types.h>

#include "bench/images/boot/init/config.h"

/* Starts the image's program as process 1 of a process namespace of its own, and says "@bench init" at its
 * exec. */
pid_t start_app(const struct config* config);

/* Waits until it ends; a press of the power button stops it as an engine stops a container. Returns its exit
   status, or 128 and the signal. */
int watch_app(pid_t app, const struct config* config, int power_button);

#endif
