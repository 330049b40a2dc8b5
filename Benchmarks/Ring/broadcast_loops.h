/* broadcast_loops.h: the measured loops of a broadcast ring, compiled anew for each. Included by a
 * file that defined
 *
 *   RING                                  the ring's type, with a member `pace` of type paced_line
 *   ring_write(RING *, bench_record)
 *   ring_write_many(RING *, uint64_t first, uint64_t count)
 *   ring_read(RING *, bench_record *)     false: nothing new; lost records are skipped meanwhile
 *   ring_read_many(RING *, bench_seen *, uint64_t count)
 *   ring_lost(RING *)                     records overwritten before they were taken
 *   ring_next(RING *)                     the number of the record that is looked for next
 *
 * A broadcast ring's writer never waits. Where nothing is to be lost, the pace is kept outside of
 * it: the observer tells now and then how far it is, on a line of its own.
 */
#include "ring_bench.h"

/* The loops of single records and of batches are compiled apart. */
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS void broadcast_send(RING *self, uint64_t first, uint64_t count, uint64_t batch,
                                  uint64_t ahead_max) {
  uint64_t end = first + count, limit = ahead_max == 0 ? UINT64_MAX : first + ahead_max;
  while (first != end) {
    uint64_t left = end - first;
    uint64_t part = left < batch ? left : batch;
    while (first + part > limit) {
      limit = __atomic_load_n(&self->pace.position, __ATOMIC_ACQUIRE) + ahead_max;
      if (first + part > limit) _mm_pause();
    }
    if (batch == 1)
      ring_write(self, bench_record_of(first));
    else
      ring_write_many(self, first, part);
    first += part;
  }
}

ALWAYS bool broadcast_take(RING *self, bench_seen *seen, uint64_t batch) {
  if (batch == 1) {
    bench_record record;
    if (!ring_read(self, &record)) return false;
    bench_see_whole(seen, ring_next(self) - 1, record);
    return true;
  }
  return ring_read_many(self, seen, batch) > 0;
}

/* Until the last record is taken, which is never overwritten. */
ALWAYS bench_seen broadcast_receive(RING *self, uint64_t first, uint64_t count,
                                           uint64_t batch, bool is_paced) {
  bench_seen seen = {0, 0, 0};
  uint64_t told = first, told_each = self->pace.ahead_max / 4; /* not read anew for each record */
  while (ring_next(self) != first + count) {
    if (!broadcast_take(self, &seen, batch)) _mm_pause();
    if (is_paced && ring_next(self) - told >= told_each) {
      told = ring_next(self);
      __atomic_store_n(&self->pace.position, told, __ATOMIC_RELEASE);
    }
  }
  seen.lost = ring_lost(self);
  return seen;
}

static void loop_send(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  if (batch == 1)
    broadcast_send((RING *)context, first, count, 1, 0);
  else
    broadcast_send((RING *)context, first, count, batch, 0);
}

static bench_seen loop_receive(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  if (batch == 1) return broadcast_receive((RING *)context, first, count, 1, false);
  return broadcast_receive((RING *)context, first, count, batch, false);
}

static void loop_send_paced(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  RING *self = (RING *)context;
  if (batch == 1)
    broadcast_send(self, first, count, 1, self->pace.ahead_max);
  else
    broadcast_send(self, first, count, batch, self->pace.ahead_max);
}

static bench_seen loop_receive_paced(void *context, uint64_t first, uint64_t count,
                                     uint64_t batch) {
  if (batch == 1) return broadcast_receive((RING *)context, first, count, 1, true);
  return broadcast_receive((RING *)context, first, count, batch, true);
}
