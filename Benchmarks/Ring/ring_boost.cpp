/* ring_boost.cpp: boost::lockfree::spsc_queue (Debian: libboost-dev). */
#include <boost/lockfree/spsc_queue.hpp>

#include <cstddef>

#include "ring_bench.h"

using ring = boost::lockfree::spsc_queue<bench_record>;
#define RING ring

static inline bool ring_push(ring *self, bench_record record) { return self->push(record); }
static inline bool ring_pop(ring *self, bench_record *record) { return self->pop(*record); }

static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  bench_record records[BENCH_BATCH_MAX];
  for (uint64_t i = 0; i < count; i++) records[i] = bench_record_of(first + i);
  return self->push(records, count);
}

/* All that is there, read in place: faster than a copy of `count`, of which boost has no limit. */
static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  (void)count;
  return self->consume_all(
      [seen, &first](const bench_record &record) { bench_see(seen, first++, record); });
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) { return new ring(capacity); }
static void ring_close(void *self) { delete static_cast<ring *>(self); }

extern "C" const bench_ring bench_boost = {"boost spsc_queue", "peer", true, false, ring_open,
                                           ring_close, NULL, RING_LOOPS};
