/* ring_ck.c: ck_ring of Concurrency Kit (Debian: libck-dev). One slot of it is never used. */
#include <ck_ring.h>
#include <stdlib.h>

#include "ring_bench.h"

CK_RING_PROTOTYPE(bench, bench_record)

typedef struct ring {
  ck_ring_t ring;
  bench_record *slots;
} ring;

#define RING ring
#define RING_WITHOUT_BATCHES

static inline bool ring_push(ring *self, bench_record record) {
  return CK_RING_ENQUEUE_SPSC(bench, &self->ring, self->slots, &record);
}
static inline bool ring_pop(ring *self, bench_record *record) {
  return CK_RING_DEQUEUE_SPSC(bench, &self->ring, self->slots, record);
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) {
  ring *self = aligned_alloc(128, (sizeof(ring) + 127) / 128 * 128);
  ck_ring_init(&self->ring, (unsigned)capacity);
  self->slots = aligned_alloc(4096, (capacity * sizeof(bench_record) + 4095) / 4096 * 4096);
  return self;
}

static void ring_close(void *context) {
  ring *self = context;
  free(self->slots);
  free(self);
}

const bench_ring bench_ck = {"ck_ring", "peer", false, false,
                             ring_open, ring_close, NULL, RING_LOOPS};
