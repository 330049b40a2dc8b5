/* clinux_send.h: sending datagrams to one address, a batch in one sendmmsg(2).
 * Private to this package. Functions return 0 or -errno unless they say otherwise. */
#ifndef CLINUX_SEND_H
#define CLINUX_SEND_H

#include <stdint.h>

/* A socket that is connected to one IPv4 address and port, and a batch of datagrams for it.
 * One thread. */
typedef struct clinux_sender clinux_sender;

/* Opens a socket for `group` and `port` (host order) and a batch of `slots` datagrams of up to
 * `slot_bytes` each. `source` is the address to bind to, 0 for none; `interface_index` is that
 * by which multicast leaves, 0 for the route's. Multicast gets `ttl` and is looped back to this
 * machine. */
int clinux_sender_open(clinux_sender **sender, uint32_t group, uint16_t port, uint32_t source,
                       int interface_index, int ttl, int buffer_bytes, int slots, int slot_bytes);

void clinux_sender_close(clinux_sender *sender);

/* Where the datagram of a slot is written, before its length is set. */
uint8_t *clinux_sender_slot(clinux_sender *sender, int slot);

void clinux_sender_set_length(clinux_sender *sender, int slot, uint32_t bytes);

/* Hands slots [from, from + count) to the kernel without blocking; returns how many it took (at
 * least 1), or -errno of the first. */
int clinux_sender_send(clinux_sender *sender, int from, int count);

/* Waits until the socket takes more, at most `timeout_ms`. */
void clinux_sender_wait(clinux_sender *sender, int timeout_ms);

/* The send buffer that the kernel granted, bytes. */
int clinux_sender_buffer_bytes(clinux_sender *sender);

#endif
