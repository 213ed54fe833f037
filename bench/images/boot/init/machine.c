#include "bench/images/boot/init/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WAIT_FOR_DISK_MS 10000

static void say_list(const char* format, va_list values) {
  char line[2048];
  int size = vsnprintf(line, sizeof line - 1, format, values);
  if (size < 0) return;
  if (size > (int)sizeof line - 2) size = (int)sizeof line - 2;
  line[size] = '\n';
  /* In one write: what the kernel says meanwhile must not cut a mark in two. */
  if (write(1, line, (size_t)size + 1) < 0) return;
}

void say(const char* format, ...) {
  va_list values;
  va_start(values, format);
  say_list(format, values);
  va_end(values);
}

void fail(const char* format, ...) {
  va_list values;
  va_start(values, format);
  say_list(format, values);
  va_end(values);
  power_off(125);
}

void power_off(int status) {
  say("@bench exit %d", status);
  sync();
  mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
  tcdrain(1); /* or the last words stay in the serial port */
  reboot(RB_POWER_OFF);
  _exit(status); /* the kernel panics, and reboots by its command line */
}

char* read_file(const char* path, size_t* size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return NULL;
  char* bytes = NULL;
  size_t used = 0, room = 0;
  ssize_t got = 1;
  while (got > 0) {
    if (used + 1 >= room) {
      room = room == 0 ? 4096 : room * 2;
      char* grown = realloc(bytes, room);
      if (grown == NULL) break;
      bytes = grown;
    }
    got = read(file, bytes + used, room - used - 1);
    if (got > 0) used += (size_t)got;
  }
  close(file);
  if (got != 0) {
    free(bytes);
    return NULL;
  }
  bytes[used] = '\0';
  if (size != NULL) *size = used;
  return bytes;
}

void load_modules(const struct list* modules) {
  char path[512];
  for (size_t i = 0; i < modules->count; ++i) {
    snprintf(path, sizeof path, "/modules/%s", modules->items[i]);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) {
      /* Going on: a driver that this machine has no device for may refuse, and what is missing is said later.
       */
      if (errno != EEXIST && errno != ENODEV)
        say("bench: cannot load %s: %s", modules->items[i], strerror(errno));
    }
    if (file >= 0) close(file);
    unlink(path); /* the guest's memory is small, and this is memory */
  }
}

static void wait_for(const char* device) {
  const struct timespec pause = {0, 5000000};
  for (int waited = 0; access(device, F_OK) != 0; waited += 5) {
    if (waited >= WAIT_FOR_DISK_MS) {
      fail("bench: no %s after %d s: the kernel has no driver for the disk", device, WAIT_FOR_DISK_MS / 1000);
    }
    nanosleep(&pause, NULL);
  }
}

void enter_disk(const char* device) {
  wait_for(device);
  mkdir("/new", 0755);
  if (mount(device, "/new", "ext4", MS_NOATIME, "noinit_itable") != 0) {
    fail("bench: cannot mount %s: %s", device, strerror(errno));
  }
  mkdir("/new/dev", 0755);
  if (mount("/dev", "/new/dev", NULL, MS_MOVE, NULL) != 0) fail("bench: no /dev: %s", strerror(errno));
  if (chdir("/new") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
      chdir("/") != 0) {
    fail("bench: cannot enter the disk: %s", strerror(errno));
  }
}

/* As a container has it; what a kernel does not know is not there. */
static int mount_at(const char* type, const char* path, unsigned long flags, const char* options) {
  mkdir(path, 0755);
  return mount(type, path, type, flags, options);
}

void mount_all(const struct list* tmpfs) {
  const unsigned long bare = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount_at("proc", "/proc", bare, NULL) != 0) fail("bench: no /proc: %s", strerror(errno));
  if (mount_at("sysfs", "/sys", bare, NULL) != 0) fail("bench: no /sys: %s", strerror(errno));
  mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mount_at("tmpfs", "/dev/shm", bare, "mode=1777,size=65536k");
  mount_at("mqueue", "/dev/mqueue", bare, NULL);
  /* The kernel makes the devices, udev these links; there is no udev. */
  unlink("/dev/ptmx");
  const char* const links[][2] = {{"pts/ptmx", "/dev/ptmx"},          {"/proc/self/fd", "/dev/fd"},
                                  {"/proc/self/fd/0", "/dev/stdin"},  {"/proc/self/fd/1", "/dev/stdout"},
                                  {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"}};
  for (size_t i = 0; i < sizeof links / sizeof *links; ++i) {
    if (symlink(links[i][0], links[i][1]) != 0 && errno != EEXIST) say("bench: no %s", links[i][1]);
  }
  for (size_t i = 0; i < tmpfs->count; ++i) {
    if (mount_at("tmpfs", tmpfs->items[i], MS_NOSUID | MS_NODEV, "mode=1777") != 0) {
      say("bench: cannot mount memory at %s: %s", tmpfs->items[i], strerror(errno));
    }
  }
}
