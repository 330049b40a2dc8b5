#define _GNU_SOURCE /* affinity, accept4 */
#include "bare.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* SoupBinTCP 3.00 and OUCH 5.0, as much as an order and its answer need. */
enum {
  frame_header = 3,
  login_accepted_bytes = 33,
  order_bytes = 47,
  accepted_bytes = 64,
  buffer_bytes = 1 << 20,
};

struct bare_venue {
  int listener;
  int core;
  bool is_bare;
  _Atomic int spins;
  _Atomic int ends;
  _Atomic int state;
  pthread_t thread;
  unsigned char in[buffer_bytes];
  unsigned char out[2 * buffer_bytes];
};

static unsigned char *frame(unsigned char *to, char type, unsigned payload) {
  uint16_t length = htobe16((uint16_t)(payload + 1));
  memcpy(to, &length, sizeof length);
  to[2] = (unsigned char)type;
  memset(to + frame_header, 0, payload);
  return to + frame_header;
}

/* An `A` with the fields of the `O`; returns its bytes. */
static unsigned accept_order(unsigned char *to, const unsigned char *order, char state) {
  unsigned char *answer = frame(to, 'S', accepted_bytes);
  answer[0] = 'A';
  memcpy(answer + 9, order + 1, 4);      /* UserRefNum */
  memcpy(answer + 13, order + 5, 23);    /* side, quantity, symbol, price, time in force, display */
  memcpy(answer + 44, order + 28, 3);    /* capacity, sweep, cross */
  answer[47] = (unsigned char)state;
  memcpy(answer + 48, order + 31, 14);   /* client order id */
  return frame_header + accepted_bytes;
}

/* Answers what is whole; returns the bytes of the answers, and how many were used. */
static size_t answer_venue(bare_venue *venue, size_t count, size_t *used) {
  size_t at = 0, out = 0;
  while (count - at >= 2) {
    size_t length = (size_t)(venue->in[at] << 8 | venue->in[at + 1]) + 2;
    if (count - at < length) break;
    const unsigned char *message = venue->in + at + frame_header;
    unsigned char *to = venue->out + out;
    if (venue->in[at + 2] == 'L') {
      unsigned char *payload = frame(to, 'A', login_accepted_bytes - frame_header);
      memset(payload, ' ', login_accepted_bytes - frame_header);
      memcpy(payload, "BENCH", 5);
      payload[login_accepted_bytes - frame_header - 1] = '1';
      out += login_accepted_bytes;
    } else if (venue->in[at + 2] == 'U' && message[0] == 'O') {
      out += accept_order(to, message, (char)atomic_load(&venue->state));
    }
    at += length;
  }
  *used = at;
  return out;
}

/* The bare one: the same sizes, and no look at what comes. */
static size_t answer_bare(bare_venue *venue, size_t count, size_t *used) {
  size_t orders = count / (frame_header + order_bytes);
  *used = orders * (frame_header + order_bytes);
  (void)venue;
  return orders * (frame_header + accepted_bytes);
}

static int send_all(int peer, const unsigned char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = send(peer, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return -1;
    if (sent > 0) {
      bytes += sent;
      count -= (size_t)sent;
    }
  }
  return 0;
}

static void serve(bare_venue *venue, int peer) {
  size_t count = 0;
  int is_first = 0;
  while (!atomic_load_explicit(&venue->ends, memory_order_relaxed)) {
    int spins = atomic_load_explicit(&venue->spins, memory_order_relaxed);
    if (spins != is_first) {
      (void)bare_go_first(spins);
      is_first = spins;
    }
    if (!spins) {
      struct pollfd wanted = {.fd = peer, .events = POLLIN};
      (void)poll(&wanted, 1, 1);
    }
    ssize_t got = recv(peer, venue->in + count, buffer_bytes - count, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) break;
    if (got < 0) continue;
    count += (size_t)got;
    size_t used = 0;
    size_t out =
        venue->is_bare ? answer_bare(venue, count, &used) : answer_venue(venue, count, &used);
    if (out > 0 && send_all(peer, venue->out, out) != 0) break;
    memmove(venue->in, venue->in + used, count - used);
    count -= used;
  }
  (void)bare_go_first(0);
  close(peer);
}

static void *venue_loop(void *argument) {
  bare_venue *venue = argument;
  while (!atomic_load(&venue->ends)) {
    int peer = accept(venue->listener, NULL, NULL);
    if (peer < 0) continue;
    int yes = 1;
    (void)setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    serve(venue, peer);
  }
  return NULL;
}

bare_venue *bare_venue_start(int core, bool is_bare, uint16_t *port) {
  bare_venue *venue = calloc(1, sizeof *venue);
  if (!venue) return NULL;
  venue->is_bare = is_bare;
  venue->core = core;
  atomic_store(&venue->state, 'D');
  venue->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_usec = 50000};
  (void)setsockopt(venue->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  struct sockaddr_in name = {.sin_family = AF_INET};
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof name;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  int code = bind(venue->listener, (struct sockaddr *)&name, length) ||
             listen(venue->listener, 4) ||
             getsockname(venue->listener, (struct sockaddr *)&name, &length) ||
             pthread_create(&venue->thread, &attributes, venue_loop, venue);
  pthread_attr_destroy(&attributes);
  if (code == 0) {
    *port = ntohs(name.sin_port);
    return venue;
  }
  close(venue->listener);
  free(venue);
  return NULL;
}

void bare_venue_spin(bare_venue *venue, int yes) { atomic_store(&venue->spins, yes); }
void bare_venue_keep(bare_venue *venue, int yes) { atomic_store(&venue->state, yes ? 'L' : 'D'); }

void bare_venue_end(bare_venue *venue) {
  atomic_store(&venue->ends, 1);
  pthread_join(venue->thread, NULL);
  close(venue->listener);
  free(venue);
}

int bare_connect(uint16_t port) {
  int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer < 0) return -errno;
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int yes = 1;
  (void)setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(peer, (struct sockaddr *)&name, sizeof name) == 0) return peer;
  int code = errno;
  close(peer);
  return -code;
}

int bare_order_ping(int peer) {
  unsigned char order[frame_header + order_bytes] = {0};
  unsigned char answer[frame_header + accepted_bytes];
  if (send(peer, order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof order) return -1;
  for (size_t count = 0; count < sizeof answer;) {
    ssize_t got = recv(peer, answer + count, sizeof answer - count, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return -1;
    if (got > 0) count += (size_t)got;
  }
  return 0;
}
