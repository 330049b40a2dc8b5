/* tickring_wait.h: waiting for a queue to fill, as the caller chooses.
 *
 *   spin    reads the slot until it fills: for a role whose core is its own
 *   yield   spins a while, then gives the core away between looks: more roles than cores
 *   sleep   spins a while, then sleeps in the kernel (futex, across processes)
 *   event   for event loops: tickring_wait_announce, then wait for an eventfd among others
 *
 * A yield is for roles that wait for each other: beside a thread that computes, Linux 6.18 gives
 * the core back after 5 ms, where a sleeper is woken at once.
 *
 * Publishing knows nothing of it: no fence, no load, no store more. A producer whose consumers may
 * sleep calls tickring_wake at the end of each batch: two loads of lines that do not change while
 * nobody sleeps, and a system call when somebody does.
 *
 * The trade. Without a fence the producer's look at `sleeps` may run ahead of its publish becoming
 * visible, so that a consumer that lies down within those nanoseconds misses one wake-up. It then
 * finds the record at the end of its slice of sleep (slice_ns; by default 1 ms). With `is_exact`
 * it makes the kernel put the fence into the producer's thread instead (membarrier, a few
 * microseconds for the sleeper, an interrupt on the producer's core at each falling asleep), and
 * no wake-up is missed; the producer's process calls tickring_wake_prepare once at its start.
 *
 * A producer that dies wakes nobody: at the end of each slice the sleeper asks the kernel whether
 * the role is still held. Spinning and yielding ask every few milliseconds, or after each yield
 * where one takes longer. Through a region that was truncated (tickring_share.h) nobody is heard of
 * any more: its producer counts as gone, even if the file is as long as before again. Where
 * its header was spared that is seen by the next record's slot: zero after the ring's first turn,
 * or not published while the ring is full of what follows. So in the first turn a loss is not seen
 * before the ring is full, and one of up to two records never.
 *
 * Whenever it asks, and when it begins, a wait beats for a consumer that has beaten before
 * (tickring_consumer_beat), so that an idle ring's consumer is not taken for hung; with slices of
 * seconds it does so as seldom. One that never beats is left so, and an event loop beats itself.
 */
#ifndef TICKRING_WAIT_H
#define TICKRING_WAIT_H

#include "tickring_queue.h"

#if defined(__cplusplus)
extern "C" {
#endif

enum tickring_wait_policy { TICKRING_WAIT_SPIN = 0, TICKRING_WAIT_YIELD = 1,
                            TICKRING_WAIT_SLEEP = 2 };

enum tickring_wait_result {
  TICKRING_WAIT_READY = 0,
  TICKRING_WAIT_TIMEOUT = 1,
  /* Empty, and its producer, which there has been, is dead or done; or the file was truncated, as
   * far as that is seen. */
  TICKRING_WAIT_PEER_GONE = 2
};

/* Zero is a good default for every number. */
typedef struct tickring_wait_options {
  uint32_t policy;      /* enum tickring_wait_policy */
  uint32_t spin_turns;  /* looks before the first yield; 0: 2000 */
  uint32_t yield_turns; /* yields before the first sleep; 0: none */
  bool is_exact;        /* no wake-up is missed: see the trade above */
  uint64_t slice_ns;    /* longest sleep at a time; 0: 1 ms */
  uint64_t timeout_ns;  /* 0: without end */
} tickring_wait_options;

/* Waits until `consumer` has something to poll, the time is over, or its producer is gone. A signal
 * does not end it. */
enum tickring_wait_result tickring_wait(tickring_consumer *consumer,
                                        const tickring_wait_options *options);

/* For event loops: says that the consumer is about to sleep elsewhere, until the eventfd that
 * the producer's side has too is readable. False: there is something to poll, so do not sleep.
 * After waking, read the eventfd and poll until empty. Bound the sleep by a timer of a slice. */
bool tickring_wait_announce(tickring_consumer *consumer, bool is_exact);

/* Once at the start of a producer's process, for consumers with `is_exact`. False: this kernel
 * cannot (before 4.16), and the slice bounds a missed wake-up. */
bool tickring_wake_prepare(void);

/* The system calls of tickring_wake: not called by itself. */
void tickring_wake_sleeper(tickring_header *header, int event_fd);

#if defined(__cplusplus)
}
#endif

/* Whether the consumer lay down since it was last woken. */
static inline bool tickring_has_sleeper(const tickring_producer *producer) {
  const tickring_header *header = producer->header;
  return tickring_load_relaxed(&header->sleeps) != tickring_load_relaxed(&header->wakes_answered);
}

/* Wakes the consumer if it sleeps: at the end of each batch. True: there was one. */
static inline bool tickring_wake(tickring_producer *producer) {
  if (!tickring_has_sleeper(producer)) return false;
  tickring_wake_sleeper(producer->header, -1);
  return true;
}

/* The same for a consumer that waits for an eventfd, which both have: inherited, or handed over a
 * UNIX socket. It must be non-blocking. */
static inline bool tickring_wake_event(tickring_producer *producer, int event_fd) {
  if (!tickring_has_sleeper(producer)) return false;
  tickring_wake_sleeper(producer->header, event_fd);
  return true;
}

#endif
