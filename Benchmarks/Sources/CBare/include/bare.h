/* bare.h: what receiving and sending are measured against: sockets on loopback and nothing else. */
#ifndef BARE_H
#define BARE_H

#include <stdbool.h>
#include <stdint.h>

/* A non-blocking UDP socket on 127.0.0.1 with a receive buffer of `buffer_bytes` if it is granted;
 * -errno if there is none. Its port goes to `port`. */
int bare_receiver(uint16_t *port, int buffer_bytes);

/* A socket that sends to an address (127.0.0.1 is 0x7F000001) and port; -errno if there is none. */
int bare_sender(uint32_t address, uint16_t port);

/* Sends one datagram: 0 or -errno. */
int bare_send(int sender, const void *bytes, uint64_t length);

void bare_close(int socket);

/* recvmmsg of up to 32 datagrams of up to 2,048 bytes into one place after another: how many. */
int bare_receive_batch(int socket);

/* recv of one datagram: its length, or 0 if there is none. */
int64_t bare_receive_one(int socket, void *bytes, uint64_t size);

/* Pins the calling thread. */
void bare_pin(int core);

/* Puts the calling thread in front of all ordinary ones, or back among them: 1 if that is allowed.
 * For a fraction of a second only: nobody else has the core meanwhile. */
int bare_go_first(int yes);

/* A thread on `core` that sends `count` copies of a packet of IEX-TP, one each `interval_ns`, with
 * sequences from `sequence` on (as many a packet as its header says), and notes in `sent_ns` when
 * it called the kernel (CLOCK_MONOTONIC). In front of all ordinary threads if that is allowed.
 * bare_ping_start returns NULL if there is no thread to be had. */
typedef struct {
  int sender;
  int core;
  const void *packet;
  uint64_t length;
  uint64_t count;
  uint64_t interval_ns;
  uint64_t sequence;
  uint64_t *sent_ns;
} bare_ping;

/* Sends `packets` datagrams, in turns of `lengths`, to a multicast group on loopback in batches of
 * 64, and nothing else: how long it took in ns, or -errno. The group is a number. */
int64_t bare_send_batches(uint32_t group, uint16_t port, const uint32_t *lengths,
                          uint64_t length_count, uint64_t packets);

/* A venue on loopback that takes one connection at a time, on a thread of its own on `core`: it
 * answers a SoupBinTCP login, and each OUCH 5.0 order by its acceptance. A bare one answers each 50
 * bytes, the size of an order, by 67, that of an acceptance, and looks at nothing. Both receive and
 * send in the same loop. NULL if there is none to be had. */
typedef struct bare_venue bare_venue;
bare_venue *bare_venue_start(int core, bool is_bare, uint16_t *port);
void bare_venue_end(bare_venue *venue);

/* Whether it spins, in front of all ordinary threads if that is allowed, or sleeps until something
 * comes. */
void bare_venue_spin(bare_venue *venue, int yes);

/* Whether orders stay open from now on, or are dead on arrival. */
void bare_venue_keep(bare_venue *venue, int yes);

/* A connection to a port on loopback, or -errno. */
int bare_connect(uint16_t port);

/* Sends an order's size to a bare venue and spins until an acceptance's size is back: 0, or -1. */
int bare_order_ping(int peer);

typedef struct bare_thread bare_thread;
bare_thread *bare_ping_start(const bare_ping *ping);
void bare_ping_join(bare_thread *thread);

#endif
