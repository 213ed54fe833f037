/* An image's program for the test of guests: says over HTTP what it is, and ends in the ways that a program
   can. app serve: ends with 7 at SIGUSR1. app serve MIB: takes so much memory before it listens. app serve
   NAME DIGEST: answers with 500 unless the variable's value has this digest (FNV-1a). app deaf: has no
   handler. app leave: ends with 3 and leaves an orphan. */
#include <arpa/inet.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

static void stop(int number) {
  (void)number;
  static const char word[] = "app: stopping\n";
  if (write(1, word, sizeof word - 1) < 0) _exit(8);
  _exit(7);
}

static size_t describe(char* text, size_t room) {
  char cwd[256] = "", host[256] = "";
  gid_t groups[16];
  struct rlimit files;
  const int count = getgroups(16, groups);
  getrlimit(RLIMIT_NOFILE, &files);
  if (getcwd(cwd, sizeof cwd) == NULL) cwd[0] = '\0';
  gethostname(host, sizeof host);
  size_t used = (size_t)snprintf(text, room, "pid %d\nuid %d\ngid %d\ngroups", (int)getpid(), (int)getuid(),
                                 (int)getgid());
  for (int i = 0; i < count; ++i) used += (size_t)snprintf(text + used, room - used, " %d", (int)groups[i]);
  used += (size_t)snprintf(text + used, room - used, "\ncwd %s\nhost %s\nfiles %llu\nsession %d\n", cwd, host,
                           (unsigned long long)files.rlim_cur, (int)getsid(0));
  for (char** pair = environ; *pair != NULL; ++pair)
    used += (size_t)snprintf(text + used, room - used, "env %s\n", *pair);
  static const char* const paths[] = {"/dev/stdout", "/dev/null", "/dev/shm/x", "/tmp/x"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
    FILE* file = fopen(paths[i], "w");
    used += (size_t)snprintf(text + used, room - used, "%s %s\n", paths[i],
                             file != NULL ? "writable" : "refused");
    if (file != NULL) fclose(file);
  }
  static const char* const read[] = {"/etc/hosts", "/etc/resolv.conf", "/proc/self/stat", "/proc/1/comm"};
  for (size_t i = 0; i < sizeof read / sizeof *read; ++i) {
    char line[128] = "";
    FILE* file = fopen(read[i], "r");
    if (file != NULL && fgets(line, sizeof line, file) == NULL) line[0] = '\0';
    used += (size_t)snprintf(text + used, room - used, "%s %s\n", read[i], line);
    if (file != NULL) fclose(file);
  }
  return used;
}

static uint64_t digest_of(const char* text) {
  uint64_t digest = 0xcbf29ce484222325U;
  for (; *text != '\0'; ++text) digest = (digest ^ (unsigned char)*text) * 0x100000001b3U;
  return digest;
}

static int is_content(int argc, char** argv) {
  if (argc < 4) return 1;
  const char* value = getenv(argv[2]);
  return value != NULL && digest_of(value) == strtoull(argv[3], NULL, 16);
}

/* Memory that no kernel finds twice. */
static void take_memory(size_t bytes) {
  unsigned char* memory = malloc(bytes);
  unsigned int word = 1;
  for (size_t i = 0; memory != NULL && i < bytes; ++i) {
    word = word * 1664525U + 1013904223U;
    memory[i] = (unsigned char)(word >> 24);
  }
  static unsigned char* volatile kept;
  kept = memory;
  (void)kept;
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "leave") == 0) {
    if (fork() == 0) sleep(100);
    return 3;
  }
  if (strcmp(how, "serve") == 0) signal(SIGUSR1, stop);
  if (argc == 3) take_memory((size_t)atol(argv[2]) << 20);
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  if (bind(server, (struct sockaddr*)&address, sizeof address) != 0 || listen(server, 16) != 0) {
    perror("app: port 80");
    return 1;
  }
  for (;;) {
    char question[2048], body[8192], head[128];
    const int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    if (read(client, question, sizeof question) > 0) {
      const size_t size = describe(body, sizeof body);
      const int head_size = snprintf(head, sizeof head, "HTTP/1.0 %s\r\nContent-Length: %zu\r\n\r\n",
                                     is_content(argc, argv) ? "200 OK" : "500 Internal Server Error", size);
      if (write(client, head, (size_t)head_size) < 0 || write(client, body, size) < 0) perror("app: answer");
    }
    close(client);
  }
}
