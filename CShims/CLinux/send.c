/* Sending datagrams: one socket, one preallocated batch. Nothing is allocated after open. */
#define _GNU_SOURCE /* sendmmsg, ip_mreqn */
#include "clinux_send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct clinux_sender {
  int descriptor;
  int slot_bytes;
  uint8_t *bytes;
  struct iovec *parts;
  struct mmsghdr *messages;
};

static struct sockaddr_in address_of(uint32_t address, uint16_t port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  name.sin_addr.s_addr = htonl(address);
  return name;
}

static int set(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

static int configure(int descriptor, uint32_t group, uint16_t port, uint32_t source,
                     int interface_index, int ttl, int buffer_bytes) {
  struct ip_mreqn interface = {.imr_ifindex = interface_index};
  int error = 0;
  if (interface_index != 0 && setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &interface,
                                         sizeof interface) != 0)
    error = -errno;
  if (error == 0) error = set(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
  if (error == 0) error = set(descriptor, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
  /* A wish: the kernel cuts it to net.core.wmem_max, and what is granted can be asked. */
  (void)set(descriptor, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
  if (error != 0) return error;
  struct sockaddr_in from = address_of(source, 0);
  if (source != 0 && bind(descriptor, (struct sockaddr *)&from, sizeof from) != 0) return -errno;
  struct sockaddr_in to = address_of(group, port);
  return connect(descriptor, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : -errno;
}

static int allocate(clinux_sender *sender, int slots, int slot_bytes) {
  sender->slot_bytes = slot_bytes;
  sender->bytes = calloc((size_t)slots, (size_t)slot_bytes);
  sender->parts = calloc((size_t)slots, sizeof *sender->parts);
  sender->messages = calloc((size_t)slots, sizeof *sender->messages);
  if (!sender->bytes || !sender->parts || !sender->messages) return -ENOMEM;
  for (int slot = 0; slot < slots; slot++) {
    sender->parts[slot].iov_base = sender->bytes + (size_t)slot * (size_t)slot_bytes;
    sender->messages[slot].msg_hdr.msg_iov = &sender->parts[slot];
    sender->messages[slot].msg_hdr.msg_iovlen = 1;
  }
  return 0;
}

int clinux_sender_open(clinux_sender **sender, uint32_t group, uint16_t port, uint32_t source,
                       int interface_index, int ttl, int buffer_bytes, int slots, int slot_bytes) {
  clinux_sender *made = calloc(1, sizeof *made);
  if (!made) return -ENOMEM;
  made->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int error = made->descriptor < 0 ? -errno : allocate(made, slots, slot_bytes);
  if (error == 0)
    error = configure(made->descriptor, group, port, source, interface_index, ttl, buffer_bytes);
  if (error != 0) {
    clinux_sender_close(made);
    return error;
  }
  *sender = made;
  return 0;
}

void clinux_sender_close(clinux_sender *sender) {
  if (sender->descriptor >= 0) close(sender->descriptor);
  free(sender->bytes);
  free(sender->parts);
  free(sender->messages);
  free(sender);
}

uint8_t *clinux_sender_slot(clinux_sender *sender, int slot) {
  return sender->bytes + (size_t)slot * (size_t)sender->slot_bytes;
}

void clinux_sender_set_length(clinux_sender *sender, int slot, uint32_t bytes) {
  sender->parts[slot].iov_len = bytes;
}

int clinux_sender_send(clinux_sender *sender, int from, int count) {
  int taken = sendmmsg(sender->descriptor, sender->messages + from, (unsigned)count,
                       MSG_DONTWAIT | MSG_NOSIGNAL);
  return taken < 0 ? -errno : taken;
}

void clinux_sender_wait(clinux_sender *sender, int timeout_ms) {
  struct pollfd ready = {.fd = sender->descriptor, .events = POLLOUT};
  (void)poll(&ready, 1, timeout_ms);
}

int clinux_sender_buffer_bytes(clinux_sender *sender) {
  int bytes = 0;
  socklen_t size = sizeof bytes;
  (void)getsockopt(sender->descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, &size);
  return bytes;
}
