/* wait.c: the cold half of waiting. Pairs: SLEEP of tickring_order.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall, sched_yield */
#endif
#include "internal.h"
#include "tickring_batch.h"
#include "tickring_inspect.h"
#include "tickring_wait.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS UINT64_C(1000000)
#define SPIN_TURNS 2000u
/* Looks of one that spins between two questions after the time. A yield may last as long as a time
 * slice of another thread: one that yields or sleeps asks at each turn. */
#define CHECK_TURNS 4096u
/* Between two questions after the producer's life, which the kernel answers. */
#define ASK_NS UINT64_C(1000000)

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* A word's lower half, which is what a futex can wait for: the record's byte order, little-endian,
 * puts it first. */
static uint32_t *futex_of(uint64_t *word) { return (uint32_t *)(void *)word; }

static uint64_t word_of(const tickring_consumer *consumer, uint64_t sequence) {
  size_t bytes = consumer->region.slot_bytes;
  return tickring_load_acquire(
      tickring_word_at(consumer->slots, consumer->mask, sequence, bytes)); /* PUBLISH */
}

static bool is_published(const tickring_consumer *consumer, uint64_t sequence) {
  return (uint32_t)word_of(consumer, sequence) == (uint32_t)(sequence + 1);
}

static bool is_ready(const tickring_consumer *consumer) {
  return is_published(consumer, consumer->next);
}

/* Whether the next record's slot is as no producer leaves it: zero after the ring's first turn, or
 * empty while the ring is full of what follows. Of a batch that fills the ring, whose first word
 * comes last, the third record's word is there before the last one's. */
static bool is_torn(const tickring_consumer *consumer) {
  uint64_t next = consumer->next, capacity = consumer->mask + 1;
  uint32_t before = (uint32_t)(next + 1 - capacity);
  if (next >= capacity && before != 0 && word_of(consumer, next) == 0) return true;
  return capacity > 3 && is_published(consumer, next + capacity - 1) &&
         !is_published(consumer, next + 2) && !is_ready(consumer);
}

/* A ring that never had a producer waits for its first; through one whose header is gone, since its
 * file was cut off, nobody will ever be heard of, and a record that was cut off never comes.
 * (Looked for twice, a call of the kernel apart: a core may see a batch's words in another order.)
 */
static bool is_producer_gone(const tickring_consumer *consumer) {
  if (tickring_load_relaxed(&consumer->header->magic) != TICKRING_MAGIC) return true;
  if (is_torn(consumer) && sched_yield() == 0 && is_torn(consumer)) return true;
  return tickring_load_relaxed(&consumer->header->producer_generation) != 0 &&
         !tickring_role_is_held(&consumer->region, TICKRING_PRODUCER);
}

bool tickring_wake_prepare(void) {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool tickring_wait_announce(tickring_consumer *consumer, bool is_exact) {
  uint64_t *sleeps = &consumer->header->sleeps;
  tickring_store_relaxed(sleeps, tickring_load_relaxed(sleeps) + 1);
  tickring_fence_full(); /* SLEEP: announced before the last look */
  if (is_exact) (void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
  return !is_ready(consumer);
}

void tickring_wake_sleeper(tickring_header *header, int event_fd) {
  tickring_store_relaxed(&header->wakes_answered, tickring_load_relaxed(&header->sleeps));
  if (event_fd >= 0) {
    uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);
    (void)written; /* a full counter is readable already */
    return;
  }
  tickring_store_release(&header->wakes, tickring_load_relaxed(&header->wakes) + 1);
  (void)syscall(SYS_futex, futex_of(&header->wakes), FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Sleeps until woken, for `slice_ns` at most. */
static void sleep_slice(tickring_consumer *consumer, bool is_exact, uint64_t slice_ns) {
  uint64_t *wakes = &consumer->header->wakes;
  uint32_t seen = (uint32_t)tickring_load_acquire(wakes); /* before the announcement it answers */
  if (!tickring_wait_announce(consumer, is_exact)) return;
  struct timespec slice = {(time_t)(slice_ns / UINT64_C(1000000000)),
                           (long)(slice_ns % UINT64_C(1000000000))};
  (void)syscall(SYS_futex, futex_of(wakes), FUTEX_WAIT, seen, &slice, NULL, 0);
}

static uint64_t or_default(uint64_t value, uint64_t usual) { return value != 0 ? value : usual; }

/* When the time will be over; 0: never, as for one that is longer than the clock can tell. */
static uint64_t deadline_of(uint64_t now, uint64_t timeout_ns) {
  return timeout_ns == 0 || timeout_ns > UINT64_MAX - now ? 0 : now + timeout_ns;
}

/* What remains until `deadline` (0: none), but not more than a slice. */
static uint64_t slice_until(uint64_t deadline, uint64_t now, uint64_t slice_ns) {
  if (deadline == 0 || deadline - now > slice_ns) return slice_ns;
  return deadline - now;
}

/* A wait is no silence. One that never beats is not to look as if it did: what it does between two
 * waits may take as long as it likes. */
static void beat(tickring_consumer *consumer, uint64_t now) {
  if (tickring_load_relaxed(&consumer->header->consumer_heartbeat_ns) != 0)
    tickring_consumer_beat(consumer, now);
}

enum tickring_wait_result tickring_wait(tickring_consumer *consumer,
                                        const tickring_wait_options *options) {
  uint64_t spins = or_default(options->spin_turns, SPIN_TURNS);
  uint64_t yields = options->yield_turns;
  uint64_t slice_ns = or_default(options->slice_ns, SLICE_NS);
  uint64_t asked = now_ns(), deadline = deadline_of(asked, options->timeout_ns);
  beat(consumer, asked);
  for (uint64_t turn = 0;; turn++) {
    if (is_ready(consumer)) return TICKRING_WAIT_READY;
    bool is_spinning = options->policy == TICKRING_WAIT_SPIN || turn < spins;
    bool is_asleep = options->policy == TICKRING_WAIT_SLEEP && turn >= spins + yields;
    if (is_spinning) tickring_pause();
    if (is_spinning && turn % CHECK_TURNS != CHECK_TURNS - 1) continue;
    uint64_t now = now_ns();
    if (deadline != 0 && now >= deadline) return TICKRING_WAIT_TIMEOUT;
    if (is_asleep || now - asked >= ASK_NS) {
      asked = now;
      beat(consumer, now);
      /* The death first, then the ring: what it published before is not to be missed. */
      if (is_producer_gone(consumer))
        return is_ready(consumer) ? TICKRING_WAIT_READY : TICKRING_WAIT_PEER_GONE;
    }
    if (is_asleep)
      sleep_slice(consumer, options->is_exact, slice_until(deadline, now, slice_ns));
    else if (!is_spinning)
      sched_yield();
  }
}
