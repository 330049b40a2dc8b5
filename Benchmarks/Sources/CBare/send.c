#define _GNU_SOURCE /* sendmmsg, ip_mreqn */
#include "bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { batch = 64, datagram_bytes = 2048 };

static uint8_t bytes[batch][datagram_bytes];
static struct iovec parts[batch];
static struct mmsghdr messages[batch];

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_line(uint32_t group, uint16_t port) {
  int line = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (line < 0) return -errno;
  struct ip_mreqn interface = {.imr_ifindex = (int)if_nametoindex("lo")};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  to.sin_addr.s_addr = htonl(group);
  if (setsockopt(line, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) == 0 &&
      connect(line, (struct sockaddr *)&to, sizeof to) == 0)
    return line;
  int code = errno;
  close(line);
  return -code;
}

int64_t bare_send_batches(uint32_t group, uint16_t port, const uint32_t *lengths,
                          uint64_t length_count, uint64_t packets) {
  int line = open_line(group, port);
  if (line < 0) return line;
  memset(bytes, 1, sizeof bytes);
  for (int slot = 0; slot < batch; slot++) {
    parts[slot].iov_base = bytes[slot];
    messages[slot].msg_hdr.msg_iov = &parts[slot];
    messages[slot].msg_hdr.msg_iovlen = 1;
  }
  int64_t start = now_ns();
  for (uint64_t done = 0; done < packets;) {
    unsigned count = packets - done < batch ? (unsigned)(packets - done) : batch;
    for (unsigned slot = 0; slot < count; slot++)
      parts[slot].iov_len = lengths[(done + slot) % length_count];
    int taken = sendmmsg(line, messages, count, MSG_DONTWAIT);
    if (taken < 0 && errno != EAGAIN && errno != ENOBUFS) {
      int code = errno;
      close(line);
      return -code;
    }
    if (taken > 0) done += (uint64_t)taken;
  }
  int64_t end = now_ns();
  close(line);
  return end - start;
}
