#include "bench/images/boot/init/app.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/images/boot/init/environment.h"
#include "bench/images/boot/init/machine.h"
#include "bench/images/boot/init/power.h"
#include "bench/images/boot/init/report.h"
#include "bench/images/boot/init/users.h"

/* The statuses of an engine: not found, found and not to be run, and what is no fault of the program. */
enum { NOT_FOUND = 127, NOT_RUNNABLE = 126, NOT_STARTED = 125 };

static _Noreturn void give_up(int status, const char* what, const char* name, const char* why) {
  say("bench: %s %s: %s", what, name, why);
  _exit(status);
}

static void set_limit(const char* text) {
  int resource = 0;
  unsigned long long soft = 0, hard = 0;
  if (sscanf(text, "%d:%llu:%llu", &resource, &soft, &hard) != 3)
    give_up(NOT_STARTED, "limit", text, "not understood");
  const struct rlimit limit = {soft, hard};
  if (setrlimit(resource, &limit) != 0) give_up(NOT_STARTED, "limit", text, strerror(errno));
}

/* Those that the engine gives its containers, on this boot. */
static void take_limits(void) {
  char* command_line = read_file("/proc/cmdline", NULL);
  if (command_line == NULL) return;
  apply_limits_of(command_line);
  free(command_line);
}

/* With the folders above it, as an engine makes what WORKDIR names and the image lacks. */
static void make_folder(const char* path) {
  char part[PATH_MAX];
  if (strlen(path) >= sizeof part) give_up(NOT_STARTED, "working directory", path, "too long");
  strcpy(part, path);
  for (char* at = part + 1; *at != '\0'; ++at) {
    if (*at != '/') continue;
    *at = '\0';
    mkdir(part, 0755);
    *at = '/';
  }
  mkdir(part, 0755);
}

static void become(const char* spec, struct identity* identity) {
  char* passwd = read_file("/etc/passwd", NULL);
  char* group = read_file("/etc/group", NULL);
  char wrong[512];
  if (!find_identity(spec, passwd == NULL ? "" : passwd, group == NULL ? "" : group, identity, wrong,
                     sizeof wrong)) {
    say("bench: %s", wrong);
    _exit(NOT_STARTED);
  }
  free(passwd);
  free(group);
}

static void clear_signals(void) {
  struct sigaction standard;
  memset(&standard, 0, sizeof standard);
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number <= 64; ++number) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void execute(const struct config* config, const struct list* env) {
  char program[PATH_MAX];
  const char* name = config->args.items[0];
  const int error = find_program(name, variable(env, "PATH"), program, sizeof program);
  if (error != 0 && strchr(name, '/') == NULL)
    give_up(NOT_FOUND, "exec", name, "executable file not found in $PATH");
  if (error != 0) give_up(error == ENOENT ? NOT_FOUND : NOT_RUNNABLE, "exec", name, strerror(error));
  say("@bench init");
  execve(program, config->args.items, env->items);
  give_up(errno == ENOENT ? NOT_FOUND : NOT_RUNNABLE, "exec", name, strerror(errno));
}

static _Noreturn void be_app(const struct config* config) {
  static struct identity identity;
  struct list env = {NULL, 0};
  /* Without a controlling terminal, as a container without one: ^C on the console is nobody's. */
  setsid();
  clear_signals();
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
    give_up(NOT_STARTED, "mount", "/proc", strerror(errno));
  }
  for (size_t i = 0; i < config->limits.count; ++i) set_limit(config->limits.items[i]);
  take_limits();
  const char* workdir = *config->workdir == '\0' ? "/" : config->workdir;
  make_folder(workdir);
  become(config->user, &identity);
  if (!make_environment(&config->env, config->hostname, identity.home, &env)) {
    give_up(NOT_STARTED, "environment of", config->args.items[0], "no memory");
  }
  /* Or a program that opens /dev/stdout as its user is refused. */
  if (fchown(1, identity.uid, (gid_t)-1) != 0) say("bench: the console stays root's: %s", strerror(errno));
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, 0) < 0) give_up(NOT_STARTED, "open", "/dev/null", strerror(errno));
  if (nothing > 2) close(nothing);
  umask(022);
  if (setgroups(identity.group_count, identity.groups) != 0 || setgid(identity.gid) != 0 ||
      setuid(identity.uid) != 0) {
    give_up(NOT_STARTED, "user", config->user, strerror(errno));
  }
  if (chdir(workdir) != 0) give_up(NOT_RUNNABLE, "chdir to", workdir, strerror(errno));
  /* The run's variables are compared by digests that have a key: here they would have none. */
  report_start(config->args.items, env.items);
  if (!put_all(&config->given, &env))
    give_up(NOT_STARTED, "environment of", config->args.items[0], "no memory");
  execute(config, &env);
}

pid_t start_app(const struct config* config) {
  /* Process 1 ignores a signal that it has no handler for: in a container it is process 1, so here too. */
  if (unshare(CLONE_NEWPID) != 0) fail("bench: the kernel has no process namespaces: %s", strerror(errno));
  const pid_t app = fork();
  if (app < 0) fail("bench: cannot start a process: %s", strerror(errno));
  if (app == 0) be_app(config);
  return app;
}

static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

/* The app's status when it was among the dead; -1 when not. Others are those whose parents have left them to
 * us. */
static int reap(pid_t app) {
  int status = 0, result = -1;
  for (pid_t dead = 0; (dead = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (dead == app) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return result;
}

int watch_app(pid_t app, const struct config* config, int power_button) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const int deaths = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  struct pollfd watched[2] = {{deaths, POLLIN, 0}, {power_button, POLLIN, 0}}; /* -1 is not looked at */
  long kill_at = -1;
  for (;;) {
    const int status = reap(app);
    if (status >= 0) return status;
    const long left = kill_at < 0 ? -1 : kill_at - now_ms();
    if (kill_at >= 0 && left <= 0) {
      kill(app, SIGKILL);
      kill_at = LONG_MAX;
      continue;
    }
    poll(watched, 2, left > 60000 ? 60000 : (int)left);
    struct signalfd_siginfo ignored;
    while (read(deaths, &ignored, sizeof ignored) > 0) continue;
    if ((watched[1].revents & POLLIN) != 0 && power_button_pressed(power_button) && kill_at < 0) {
      kill(app, config->stop_signal);
      kill_at = now_ms() + config->grace_ms;
    }
  }
}
