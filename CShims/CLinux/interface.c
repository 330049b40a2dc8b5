#define _GNU_SOURCE /* SOCK_CLOEXEC, struct ifreq */
#include "clinux_interface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int clinux_interface_named(const char *name) {
  unsigned index = if_nametoindex(name);
  return index > 0 ? (int)index : -ENODEV;
}

int clinux_interface_with_address(uint32_t address) {
  struct ifaddrs *list;
  if (getifaddrs(&list) != 0) return -errno;
  int index = -ENODEV;
  for (struct ifaddrs *next = list; next && index < 0; next = next->ifa_next) {
    if (!next->ifa_addr || next->ifa_addr->sa_family != AF_INET) continue;
    struct sockaddr_in own;
    memcpy(&own, next->ifa_addr, sizeof own);
    if (ntohl(own.sin_addr.s_addr) == address) index = clinux_interface_named(next->ifa_name);
  }
  freeifaddrs(list);
  return index;
}

int clinux_interface_toward(uint32_t address) {
  /* Connecting a datagram socket sends nothing: it only looks the route up. */
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(9)};
  name.sin_addr.s_addr = htonl(address);
  socklen_t size = sizeof name;
  int result = 0;
  if (connect(descriptor, (struct sockaddr *)&name, size) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&name, &size) != 0)
    result = -errno;
  close(descriptor);
  return result < 0 ? result : clinux_interface_with_address(ntohl(name.sin_addr.s_addr));
}

int clinux_interface_name(int index, char *name, int size) {
  char found[IF_NAMESIZE];
  if (index <= 0 || !if_indextoname((unsigned)index, found)) return -ENODEV;
  if ((int)strlen(found) >= size) return -EINVAL;
  strcpy(name, found);
  return 0;
}

int clinux_interface_is_up(int index) {
  struct ifreq request = {0};
  int result = clinux_interface_name(index, request.ifr_name, sizeof request.ifr_name);
  if (result != 0) return result;
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) result = -errno;
  close(descriptor);
  if (result != 0) return result;
  return (request.ifr_flags & IFF_UP) && (request.ifr_flags & IFF_RUNNING);
}
