#include "unit/boot/init_parts.h"

// C files, written in what is common to both languages.
#include "bench/images/boot/init/config.c"       // NOLINT(bugprone-suspicious-include)
#include "bench/images/boot/init/environment.c"  // NOLINT(bugprone-suspicious-include)
#include "bench/images/boot/init/users.c"        // NOLINT(bugprone-suspicious-include)
