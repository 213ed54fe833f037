/* The first process of a guest that boots a container image: finds the disk, makes what an engine makes
   around a program, starts the image's program and turns the machine off when that ends. It lies in the
   initramfs with its configuration, so that the disk holds the image's files and nothing else. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/images/boot/init/app.h"
#include "bench/images/boot/init/environment.h"
#include "bench/images/boot/init/machine.h"
#include "bench/images/boot/init/power.h"
#include "bench/images/boot/init/report.h"

#define CONFIG_FILE "/bench.config"
#define VARIABLES_DISK "/dev/vdb"

/* The trial's nonce comes as the machine's serial number: the initramfs is the same for every trial. */
static void take_nonce(struct config* config) {
  if (*config->nonce == '\0') return;
  char* serial = read_file("/sys/class/dmi/id/product_serial", NULL);
  if (serial == NULL) return;
  serial[strcspn(serial, "\r\n")] = '\0';
  if (!set_variable(&config->env, config->nonce, serial)) fail("bench: no memory");
  free(serial);
}

/* What a run gives to the app comes on a disk of this start: the initramfs lies in a cache. The disk is there
   by now if there is one, since its driver finds all disks before it lets go. */
static void take_variables(struct config* config) {
  if (access(VARIABLES_DISK, F_OK) != 0) return;
  char* script = read_file(VARIABLES_DISK, NULL);
  if (script == NULL || !take_exports(script, &config->given)) {
    fail("bench: the app's variables on " VARIABLES_DISK " cannot be read");
  }
}

int main(int argc, char** argv, char** environment) {
  /* In a container, in place of the image's program. */
  if (argc > 1 && strcmp(argv[1], "report") == 0) {
    report_start(argv + 2, environment);
    return 0;
  }
  struct config config;
  size_t size = 0;
  say("@bench userspace");
  /* From here on, or a child that ends at once would not be heard. */
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  umask(0);
  char* bytes = read_file(CONFIG_FILE, &size);
  const char* wrong = bytes == NULL ? "no " CONFIG_FILE : read_config(bytes, size, &config);
  if (wrong != NULL) fail("bench: %s", wrong);
  unlink(CONFIG_FILE);
  load_modules(&config.modules);
  if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755") != 0)
    fail("bench: the kernel has no devtmpfs");
  enter_disk(config.disk);
  say("@bench root");
  mount_all(&config.tmpfs);
  set_up_network(&config);
  take_nonce(&config);
  take_variables(&config);
  const int power_button = open_power_button();
  if (power_button < 0) say("bench: this kernel does not tell of the power button");
  const pid_t app = start_app(&config);
  power_off(watch_app(app, &config, power_button));
}
