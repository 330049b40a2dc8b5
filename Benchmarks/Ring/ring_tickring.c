/* ring_tickring.c: the tick ring, in C. */
#include "tickring_ends.h"
#include "tickring_words.h"

#ifndef RING_NAME
#define RING_NAME "tickring"
#endif
#ifndef RING_SYMBOL
#define RING_SYMBOL bench_tickring
#define RING_SYMBOL_PROCESSES bench_tickring_processes
#endif

#define RING ring

static inline bool ring_push(ring *self, bench_record record) {
  return tickring_publish(&self->producer, words_of(record), 0);
}

static inline bool ring_pop(ring *self, bench_record *record) {
  tickring_tick tick;
  if (!tickring_poll(&self->consumer, &tick)) return false;
  *record = record_of(&tick);
  return true;
}

static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  return tickring_publish_each(&self->producer, count, 0, words_after, &first);
}

typedef struct taking {
  bench_seen *seen;
  uint64_t first;
} taking;

static inline void take(void *context, uint64_t i, const tickring_tick *tick) {
  taking *self = (taking *)context;
  bench_see(self->seen, self->first + i, record_of(tick));
}

static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  taking context = {seen, first};
  return tickring_poll_each(&self->consumer, count, take, &context);
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) { return ends_open(TICKRING_REGION_TICKS, capacity); }

const bench_ring RING_SYMBOL = {RING_NAME, "c", true, false,
                                ring_open, ends_close, NULL, RING_LOOPS};
const bench_ring RING_SYMBOL_PROCESSES = {RING_NAME " between processes", "c", true, true,
                                          ring_open, ends_close, ends_warm, RING_LOOPS};
