#ifndef BENCH_INIT_POWER_H
#define BENCH_INIT_POWER_H

/* A socket on which the kernel tells ACPI's events; -1 where it tells none. */
int open_power_button(void);

/* Reads one message: 1 when somebody pressed the power button. */
int power_button_pressed(int socket);

#endif
