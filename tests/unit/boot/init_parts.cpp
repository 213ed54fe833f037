#include "unit/boot/init_parts.h"

// C files, written in what is common to both languages.
#include "bench/images/boot/init/config.c"       // NOLINT(bugprone-suspicious-include)
#include "bench/images/boot/init/environment.c"  // NOLINT(bugprone-suspicious-include)
#include "bench/images/boot/init/report.c"       // NOLINT(bugprone-suspicious-include)
#include "bench/images/boot/init/users.c"        // NOLINT(bugprone-suspicious-include)

// What the rest of the init gives them.
void say(const char* /*format*/, ...) {}
char* read_file(const char* /*path*/, size_t* /*size*/) {
  return nullptr;
}
