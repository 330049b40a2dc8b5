/* ring_rte.c: rte_ring of DPDK (Debian: libdpdk-dev). One slot of it is never used. */
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>
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

/* Batches are written and read in place: 24 bytes are copied as six words otherwise, and a batch
 * takes two to three times as long. Singly it is the copy that has the shorter round trip. */
static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  struct rte_ring_zc_data place;
  unsigned granted = rte_ring_enqueue_zc_burst_elem_start(self, sizeof(bench_record),
                                                          (unsigned)count, &place, NULL);
  if (granted == 0) return 0; /* `place` says nothing then */
  unsigned before_end = place.n1 < granted ? place.n1 : granted;
  bench_record *records = (bench_record *)place.ptr1, *rest = (bench_record *)place.ptr2;
  for (unsigned i = 0; i < before_end; i++) records[i] = bench_record_of(first + i);
  for (unsigned i = before_end; i < granted; i++)
    rest[i - before_end] = bench_record_of(first + i);
  rte_ring_enqueue_zc_elem_finish(self, granted);
  return granted;
}

static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  struct rte_ring_zc_data place;
  unsigned found = rte_ring_dequeue_zc_burst_elem_start(self, sizeof(bench_record),
                                                        (unsigned)count, &place, NULL);
  if (found == 0) return 0;
  unsigned before_end = place.n1 < found ? place.n1 : found;
  const bench_record *records = (const bench_record *)place.ptr1;
  const bench_record *rest = (const bench_record *)place.ptr2;
  for (unsigned i = 0; i < before_end; i++) bench_see(seen, first + i, records[i]);
  for (unsigned i = before_end; i < found; i++)
    bench_see(seen, first + i, rest[i - before_end]);
  rte_ring_dequeue_zc_elem_finish(self, found);
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
