/* ring_rte.c: rte_ring of DPDK (Debian: libdpdk-dev). One slot of it is never used. */
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <stdlib.h>

#include "ring_bench.h"

typedef struct rte_ring ring;
#define RING ring

static inline bool ring_push(ring *self, bench_record record) {
  return rte_ring_sp_enqueue_elem(self, &record, sizeof record) == 0;
}
static inline bool ring_pop(ring *self, bench_record *record) {
  return rte_ring_sc_dequeue_elem(self, record, sizeof *record) == 0;
}

static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  bench_record records[BENCH_BATCH_MAX];
  for (uint64_t i = 0; i < count; i++) records[i] = bench_record_of(first + i);
  return rte_ring_sp_enqueue_burst_elem(self, records, sizeof records[0], (unsigned)count, NULL);
}

static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  bench_record records[BENCH_BATCH_MAX];
  uint64_t found =
      rte_ring_sc_dequeue_burst_elem(self, records, sizeof records[0], (unsigned)count, NULL);
  for (uint64_t i = 0; i < found; i++) bench_see(seen, first + i, records[i]);
  return found;
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) {
  ssize_t bytes = rte_ring_get_memsize_elem(sizeof(bench_record), (unsigned)capacity);
  if (bytes < 0) return NULL;
  ring *self = aligned_alloc(4096, ((size_t)bytes + 4095) / 4096 * 4096);
  if (rte_ring_init(self, "bench", (unsigned)capacity, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0)
    return self;
  free(self);
  return NULL;
}

static void ring_close(void *self) { free(self); }

const bench_ring bench_rte = {"rte_ring", "peer", true, false,
                              ring_open, ring_close, NULL, RING_LOOPS};
