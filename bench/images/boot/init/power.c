#include "bench/images/boot/init/power.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's generic netlink (linux/netlink.h, linux/genetlink.h), which a C library without the kernel's
   headers does not have. Numbers and layouts are part of the kernel's promise to programs. */
#define NETLINK_GENERIC 16
#define SOL_NETLINK 270
#define NETLINK_ADD_MEMBERSHIP 1
#define NLM_F_REQUEST 1
#define GENL_ID_CTRL 16
#define CTRL_CMD_GETFAMILY 3
#define CTRL_ATTR_FAMILY_NAME 2
#define CTRL_ATTR_MCAST_GROUPS 7
#define CTRL_ATTR_MCAST_GRP_NAME 1
#define CTRL_ATTR_MCAST_GRP_ID 2

struct netlink_address {
  uint16_t family, pad;
  uint32_t port, groups;
};
struct message {
  uint32_t size;
  uint16_t type, flags;
  uint32_t sequence, port;
  uint8_t command, version;
  uint16_t reserved;
};
struct attribute {
  uint16_t size, type;
};

static const char kFamily[] = "acpi_event";
static const char kGroup[] = "acpi_mc_group";

static size_t aligned(size_t size) {
  return (size + 3) & ~(size_t)3;
}

/* The first attribute of this type between `at` and `end`: its content, with the size of it; or a null
 * pointer. */
static const char* find(const char* at, const char* end, int type, size_t* size) {
  while (at + sizeof(struct attribute) <= end) {
    struct attribute head;
    memcpy(&head, at, sizeof head);
    if (head.size < sizeof head || at + head.size > end) return NULL;
    if ((head.type & 0x3fff) == type) {
      *size = head.size - sizeof head;
      return at + sizeof head;
    }
    at += aligned(head.size);
  }
  return NULL;
}

static uint32_t group_of(const char* answer, size_t size) {
  size_t length = 0;
  const char* groups = find(answer + sizeof(struct message), answer + size, CTRL_ATTR_MCAST_GROUPS, &length);
  const char* const end = groups == NULL ? NULL : groups + length;
  while (groups != NULL && groups + sizeof(struct attribute) <= end) {
    struct attribute head;
    memcpy(&head, groups, sizeof head);
    if (head.size < sizeof head || groups + head.size > end) return 0;
    const char* const inner = groups + sizeof head;
    size_t name_size = 0, id_size = 0;
    const char* name = find(inner, groups + head.size, CTRL_ATTR_MCAST_GRP_NAME, &name_size);
    const char* id = find(inner, groups + head.size, CTRL_ATTR_MCAST_GRP_ID, &id_size);
    if (name != NULL && id != NULL && id_size == 4 && name_size == sizeof kGroup &&
        memcmp(name, kGroup, sizeof kGroup) == 0) {
      uint32_t number;
      memcpy(&number, id, sizeof number);
      return number;
    }
    groups += aligned(head.size);
  }
  return 0;
}

static uint32_t ask_for_group(int socket) {
  struct {
    struct message head;
    struct attribute attribute;
    char name[12];
  } question;
  memset(&question, 0, sizeof question);
  question.head.size = sizeof question;
  question.head.type = GENL_ID_CTRL;
  question.head.flags = NLM_F_REQUEST;
  question.head.command = CTRL_CMD_GETFAMILY;
  question.head.version = 1;
  question.attribute.size = sizeof question.attribute + sizeof kFamily;
  question.attribute.type = CTRL_ATTR_FAMILY_NAME;
  memcpy(question.name, kFamily, sizeof kFamily);
  if (send(socket, &question, sizeof question, 0) < 0) return 0;
  char answer[4096];
  const ssize_t got = recv(socket, answer, sizeof answer, 0);
  return got < (ssize_t)sizeof(struct message) ? 0 : group_of(answer, (size_t)got);
}

int open_power_button(void) {
  const int events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  if (events < 0) return -1;
  struct netlink_address address;
  memset(&address, 0, sizeof address);
  address.family = AF_NETLINK;
  uint32_t group = 0;
  if (bind(events, (struct sockaddr*)&address, sizeof address) == 0) group = ask_for_group(events);
  if (group == 0 || setsockopt(events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
    close(events);
    return -1;
  }
  return events;
}

int power_button_pressed(int socket) {
  static const char kButton[] = "button/power";
  char message[4096];
  const ssize_t got = recv(socket, message, sizeof message, MSG_DONTWAIT);
  return got > 0 && memmem(message, (size_t)got, kButton, sizeof kButton - 1) != NULL;
}
