/* ring_records.c: the ring of orders and events, in C: 56 bytes in slots of a cache line. */
#include "tickring_ends.h"

#define RING ring
#define RING_WITHOUT_BATCHES

static inline bool ring_push(ring *self, bench_record record) {
  uint64_t order[7] = {record.word[0], record.word[1], record.word[2], 0, 0, 0, 0};
  return tickring_publish64(&self->producer, order, 0);
}

static inline bool ring_pop(ring *self, bench_record *record) {
  uint64_t order[7];
  if (!tickring_poll64(&self->consumer, order)) return false;
  record->word[0] = order[0];
  record->word[1] = order[1];
  record->word[2] = order[2];
  return true;
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) { return ends_open(TICKRING_REGION_ORDERS, capacity); }

const bench_ring bench_records = {"orders", "c", false, false,
                                  ring_open, ends_close, NULL, RING_LOOPS};
const bench_ring bench_records_processes = {"orders between processes", "c", false, true,
                                            ring_open, ends_close, ends_warm, RING_LOOPS};
