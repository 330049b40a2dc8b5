/* broadcast_loops.h: the measured loops of a broadcast ring, compiled anew for each. Included by a
 * file that defined
 *
 *   RING                                  the ring's type, with a member `pace` of type paced_line
 *   ring_write(RING *, bench_record)
 *   ring_read(RING *, bench_record *)     false: nothing new; lost records are skipped meanwhile
 *   ring_next(RING *)                     the number of the record that is looked for next
 *
 * A broadcast ring's writer never waits. Where nothing is to be lost, the pace is kept outside of
 * it: the observer tells now and then how far it is, on a line of its own.
 */
#include "ring_bench.h"

static inline void broadcast_send(RING *self, uint64_t first, uint64_t count, uint64_t ahead_max) {
  uint64_t limit = ahead_max == 0 ? UINT64_MAX : first + ahead_max;
  for (uint64_t number = first; number != first + count; number++) {
    while (number >= limit) {
      limit = __atomic_load_n(&self->pace.position, __ATOMIC_ACQUIRE) + ahead_max;
      if (number >= limit) _mm_pause();
    }
    ring_write(self, bench_record_of(number));
  }
}

/* Until the last record is taken, which is never overwritten. */
static inline bench_seen broadcast_receive(RING *self, uint64_t first, uint64_t count,
                                           bool is_paced) {
  bench_seen seen = {0, 0, count};
  uint64_t told = first;
  while (ring_next(self) != first + count) {
    bench_record record;
    if (ring_read(self, &record)) {
      bench_record whole = bench_record_of(ring_next(self) - 1);
      bench_see(&seen, whole.word[0], record);
      seen.disorder += record.word[1] != whole.word[1] || record.word[2] != whole.word[2];
      seen.lost -= 1;
    } else {
      _mm_pause();
    }
    if (is_paced && ring_next(self) - told >= self->pace.ahead_max / 4) {
      told = ring_next(self);
      __atomic_store_n(&self->pace.position, told, __ATOMIC_RELEASE);
    }
  }
  return seen;
}

static void loop_send(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  (void)batch;
  broadcast_send((RING *)context, first, count, 0);
}

static bench_seen loop_receive(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  (void)batch;
  return broadcast_receive((RING *)context, first, count, false);
}

static void loop_send_paced(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  (void)batch;
  broadcast_send((RING *)context, first, count, ((RING *)context)->pace.ahead_max);
}

static bench_seen loop_receive_paced(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  (void)batch;
  return broadcast_receive((RING *)context, first, count, true);
}
