#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/images/boot/init/machine.h"

static struct sockaddr ipv4(in_addr_t address) {
  struct sockaddr result;
  struct sockaddr_in in;
  memset(&in, 0, sizeof in);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = address;
  memcpy(&result, &in, sizeof result);
  return result;
}

static int bring_up(int socket, const char* name, in_addr_t address, in_addr_t mask) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  request.ifr_addr = ipv4(address);
  if (ioctl(socket, SIOCSIFADDR, &request) != 0) return -1;
  request.ifr_netmask = ipv4(mask);
  if (ioctl(socket, SIOCSIFNETMASK, &request) != 0) return -1;
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return -1;
  request.ifr_flags |= IFF_UP;
  return ioctl(socket, SIOCSIFFLAGS, &request);
}

/* The user network's addresses are known before the guest starts: asking for them would only take time. */
static int bring_up_card(int socket, const char* address, const char* gateway) {
  char host[64];
  snprintf(host, sizeof host, "%.*s", (int)strcspn(address, "/"), address);
  const char* slash = strchr(address, '/');
  const int prefix = slash == NULL ? 24 : atoi(slash + 1);
  const in_addr_t mask = prefix <= 0 ? 0 : htonl(0xffffffffU << (32 - (prefix > 32 ? 32 : prefix)));
  if (bring_up(socket, "eth0", inet_addr(host), mask) != 0) return -1;
  if (*gateway == '\0') return 0;
  struct rtentry route;
  memset(&route, 0, sizeof route);
  route.rt_dst = ipv4(INADDR_ANY);
  route.rt_genmask = ipv4(INADDR_ANY);
  route.rt_gateway = ipv4(inet_addr(gateway));
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  return ioctl(socket, SIOCADDRT, &route);
}

/* Never through a link: /etc/resolv.conf is one in many images, to a place that is not there. */
static void write_new(const char* path, const char* text) {
  unlink(path);
  const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0 || write(file, text, strlen(text)) < 0)
    say("bench: cannot write %s: %s", path, strerror(errno));
  if (file >= 0) close(file);
}

static void set_kernel(const char* path, const char* value) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return; /* a kernel that is older than the setting */
  if (write(file, value, strlen(value)) < 0) say("bench: cannot set %s: %s", path, strerror(errno));
  close(file);
}

void set_up_network(const struct config* config) {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0 || bring_up(any, "lo", htonl(INADDR_LOOPBACK), htonl(0xff000000U)) != 0) {
    say("bench: no loopback: %s", strerror(errno));
  }
  if (*config->address != '\0' && bring_up_card(any, config->address, config->gateway) != 0) {
    say("bench: no network on eth0: %s", strerror(errno));
  }
  if (any >= 0) close(any);
  /* What an engine sets in a container: every user may listen on every port, and may ping. */
  set_kernel("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
  set_kernel("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
  if (sethostname(config->hostname, strlen(config->hostname)) != 0)
    say("bench: no host name: %s", strerror(errno));
  mkdir("/etc", 0755);
  char text[1024];
  snprintf(text, sizeof text, "%s\n", config->hostname);
  write_new("/etc/hostname", text);
  snprintf(text, sizeof text,
           "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
           "ff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n%.*s\t%s\n",
           (int)strcspn(*config->address == '\0' ? "127.0.1.1" : config->address, "/"),
           *config->address == '\0' ? "127.0.1.1" : config->address, config->hostname);
  write_new("/etc/hosts", text);
  if (*config->nameserver == '\0') return;
  snprintf(text, sizeof text, "nameserver %s\n", config->nameserver);
  write_new("/etc/resolv.conf", text);
}
