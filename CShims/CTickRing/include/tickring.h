/* tickring.h: single-producer single-consumer rings of market data in shared memory.
 *
 * What it is. A ring is a file of shared memory (a region, by default under /dev/shm) into which
 * one producer publishes records and out of which one consumer polls them, in one process or in
 * two. Ticks are 24-byte MarketDataRecords in 32-byte slots; order requests and order events are
 * 56-byte records in 64-byte slots. Reading order of the headers:
 *
 *   tickring_record.h  the records, series kinds and status codes
 *   tickring_queue.h   publish and poll: header-only, wait-free
 *   tickring_batch.h   claim and commit, peek and advance: the same, many at once
 *   tickring_broadcast.h  one writer, any number of observers that can never slow it
 *   tickring_region.h  creating, attaching and removing regions: compiled (libtickring)
 *   tickring_wait.h    spin, yield, sleep or an event loop, while there is nothing to poll
 *   tickring_inspect.h  looking at regions from outside: compiled
 *   tickring_control.h the words by which a worker of one's own ends in order with the others
 *   tickring_share.h   sealed regions over a UNIX socket; a guard against truncation
 *   tickring_calls.h   the hot path as functions, for languages that cannot inline C
 *   tickring_order.h   the memory ordering, and why it suffices
 *
 * Use.
 *
 *   tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 65536};
 *   tickring_region region;
 *   int error = tickring_create("/dev/shm", "feed.0", &options, &region);
 *   if (error) { fprintf(stderr, "%s\n", tickring_error_text(error)); ... }
 *   tickring_producer producer;
 *   error = tickring_producer_open(&region, &producer, NULL);
 *   tickring_publish(&producer, tickring_words_of(time, series, price, size), stamp);
 *
 * It never creates a thread, reads a clock, waits, prints, or calls the kernel on the hot path.
 *
 * Full and empty are return values. What to do about them is the caller's policy.
 *
 * Caveats.
 *   fork            a child inherits an endpoint's role with its descriptor: close it there, or the
 *                   role stays taken after the parent's death; so does one that the parent claims
 *                   later through a region that it attached before the fork, until the child has
 *                   detached that. Neither takes it from the parent, which gives it back by its own
 *                   detach, whatever children live: a process that goes on as its own child claims
 *                   there. A role that the child claims is its own.
 *   crash           the dead side's role is free at once. A successor producer resumes at the
 *                   first slot not yet published in its turn (a half-written batch is withdrawn);
 *                   a successor consumer at the first slot not advanced past, so that it may see
 *                   again what its predecessor held: the one record, those of a peek, or of a
 *                   tickring_poll_each what was handed over since it last advanced: at most the
 *                   count asked for, and at most max(1, capacity / 8). What a poll returned is
 *                   advanced past, and is not seen again: whoever must not lose what it did not
 *                   finish peeks, works, and then advances.
 *                   Whether the other side lives says tickring_role_is_held; a full ring does not.
 *   hang, pause     a side that no longer runs keeps its role: only its heartbeat tells
 *                   (tickring_region.h), and nobody is to take over from it.
 *   mixed versions  attach refuses another layout; nothing is converted. Another build of the same
 *                   layout is told on request: tickring_same_build.
 *   lag             a receive time is modulo 68.7 s: read it as the nearest to that of the record
 *                   before, or to when the ring was last seen empty; not to now. See
 *                   Examples/worker.c.
 *   full /dev/shm   creation fails with TICKRING_E_FULL; nothing is overcommitted. Not so a control
 *                   group's limit on memory, or a machine that has less than a sealed region or
 *                   /dev/shm may take: there the kernel kills.
 *   wrong node      creation fails if one page is not on the NUMA node that was asked for, or not
 *                   huge if huge pages were. Later only tickring_check_place looks again.
 *   truncation      a peer that truncates the file raises SIGBUS in all that map it: see
 *                   tickring_share.h for sealed regions, and for a guard.
 *   root            attaches the regions of all users, where others are refused what is not theirs;
 *                   that user can truncate the file under it: guard it, or run as the ring's owner.
 */
#ifndef TICKRING_H
#define TICKRING_H

#include "tickring_order.h"
#include "tickring_record.h"
#include "tickring_region.h"
#include "tickring_queue.h"
#include "tickring_batch.h"
#include "tickring_broadcast.h"
#include "tickring_wait.h"
#include "tickring_calls.h"
#include "tickring_control.h"
#include "tickring_share.h"
#include "tickring_inspect.h"

#endif
