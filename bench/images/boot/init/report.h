#ifndef BENCH_INIT_REPORT_H
#define BENCH_INIT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" { /* for the tests */
#endif

/* Says on one line what the program that this process is about to become will find: its command and its
   environment as digests, its user, limits and working directory. A guest's init says it before its exec; as
   `report ARGV...` the same program says it in a container, in place of the image's own. Read by
   bench/measure/start_report.cpp. */
void report_start(char* const* args, char* const* environment);

/* Of the words in their order. */
uint64_t digest_of_command(char* const* args);

/* Of the variables in any order, without HOSTNAME: every instance has a name of its own. */
uint64_t digest_of_environment(char* const* environment);

/* Applies one limit, NAME:SOFT:HARD as a report has it; -1 is no limit. Returns 0, or an errno. */
int apply_limit(const char* text);

/* The words NAME:SOFT:HARD,... of bench.limits= on the kernel's command line. */
void apply_limits_of(const char* command_line);

#ifdef __cplusplus
}
#endif

#endif
