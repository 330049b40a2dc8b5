#define _GNU_SOURCE /* recvmmsg, affinity */
#include "bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { batch = 32, datagram_bytes = 2048 };

static struct sockaddr_in name_of(uint32_t address, uint16_t port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  name.sin_addr.s_addr = htonl(address);
  return name;
}

int bare_receiver(uint16_t *port, int buffer_bytes) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int size = sizeof buffer_bytes;
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, (socklen_t)size) != 0)
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, (socklen_t)size);
  struct sockaddr_in name = name_of(INADDR_LOOPBACK, 0);
  socklen_t length = sizeof name;
  if (bind(descriptor, (struct sockaddr *)&name, length) != 0 ||
      getsockname(descriptor, (struct sockaddr *)&name, &length) != 0) {
    int code = errno;
    close(descriptor);
    return -code;
  }
  *port = ntohs(name.sin_port);
  return descriptor;
}

int bare_sender(uint32_t address, uint16_t port) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  struct sockaddr_in name = name_of(address, port);
  if (connect(descriptor, (struct sockaddr *)&name, sizeof name) == 0) return descriptor;
  int code = errno;
  close(descriptor);
  return -code;
}

int bare_send(int sender, const void *bytes, uint64_t length) {
  return send(sender, bytes, length, 0) < 0 ? -errno : 0;
}

void bare_close(int socket) { close(socket); }

int bare_receive_batch(int socket) {
  static unsigned char bytes[batch][datagram_bytes];
  static struct iovec vectors[batch];
  static struct mmsghdr messages[batch];
  if (!vectors[0].iov_base) {
    for (int i = 0; i < batch; i++) {
      vectors[i] = (struct iovec){bytes[i], datagram_bytes};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
  int received = recvmmsg(socket, messages, batch, MSG_DONTWAIT, NULL);
  return received > 0 ? received : 0;
}

int64_t bare_receive_one(int socket, void *bytes, uint64_t size) {
  ssize_t length = recv(socket, bytes, size, MSG_DONTWAIT);
  return length > 0 ? length : 0;
}

void bare_pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

int bare_go_first(int yes) {
  struct sched_param parameter = {.sched_priority = yes ? 10 : 0};
  return sched_setscheduler(0, yes ? SCHED_FIFO : SCHED_OTHER, &parameter) == 0;
}

struct bare_thread {
  bare_ping ping;
  pthread_t thread;
};

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *ping_loop(void *argument) {
  const bare_ping *ping = &((bare_thread *)argument)->ping;
  unsigned char packet[datagram_bytes];
  uint64_t length = ping->length < sizeof packet ? ping->length : sizeof packet;
  memcpy(packet, ping->packet, length);
  uint64_t messages = (uint64_t)packet[14] | (uint64_t)packet[15] << 8;
  uint64_t sequence = ping->sequence;
  (void)bare_go_first(1);
  uint64_t due = now_ns() + 1000000;
  for (uint64_t i = 0; i < ping->count; i++, due += ping->interval_ns, sequence += messages) {
    memcpy(packet + 24, &sequence, sizeof sequence);
    while (now_ns() < due)
      ;
    ping->sent_ns[i] = now_ns();
    (void)send(ping->sender, packet, length, 0);
  }
  return NULL;
}

bare_thread *bare_ping_start(const bare_ping *ping) {
  bare_thread *thread = malloc(sizeof *thread);
  if (!thread) return NULL;
  thread->ping = *ping;
  /* From the start on its own core: on the caller's it might never come to run. */
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(ping->core, &set);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  int code = pthread_create(&thread->thread, &attributes, ping_loop, thread);
  pthread_attr_destroy(&attributes);
  if (code == 0) return thread;
  free(thread);
  return NULL;
}

void bare_ping_join(bare_thread *thread) {
  pthread_join(thread->thread, NULL);
  free(thread);
}
