/* ring_loops.h: the measured loops, compiled anew for each ring. Included by a file that defined
 *
 *   RING                               the ring's type
 *   ring_push(RING *, bench_record)    false: full
 *   ring_pop(RING *, bench_record *)   false: empty
 *   ring_push_many(RING *, uint64_t first, uint64_t count)         how many fitted
 *   ring_pop_many(RING *, bench_seen *, uint64_t first, uint64_t count)   how many were there
 *
 * or, instead of the last two, RING_WITHOUT_BATCHES.
 */
#include "ring_bench.h"

#ifdef RING_WITHOUT_BATCHES
static inline uint64_t ring_push_many(RING *self, uint64_t first, uint64_t count) {
  (void)self, (void)first, (void)count;
  return 0;
}
static inline uint64_t ring_pop_many(RING *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  (void)self, (void)seen, (void)first, (void)count;
  return 0;
}
#endif

static void loop_send(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  RING *self = (RING *)context;
  uint64_t end = first + count;
  if (batch == 1) {
    for (uint64_t number = first; number != end; number++)
      while (!ring_push(self, bench_record_of(number))) _mm_pause();
    return;
  }
  while (first != end) {
    uint64_t left = end - first;
    uint64_t sent = ring_push_many(self, first, left < batch ? left : batch);
    if (sent == 0) _mm_pause();
    first += sent;
  }
}

static bench_seen loop_receive(void *context, uint64_t first, uint64_t count, uint64_t batch) {
  RING *self = (RING *)context;
  bench_seen seen = {0, 0, 0};
  uint64_t end = first + count;
  if (batch == 1) {
    for (uint64_t number = first; number != end; number++) {
      bench_record record;
      while (!ring_pop(self, &record)) _mm_pause();
      bench_see(&seen, number, record);
    }
    return seen;
  }
  while (first != end) {
    uint64_t left = end - first;
    uint64_t got = ring_pop_many(self, &seen, first, left < batch ? left : batch);
    if (got == 0) _mm_pause();
    first += got;
  }
  return seen;
}

static inline void loop_pop(RING *self, bench_record *record) {
  while (!ring_pop(self, record)) {
  }
}

static inline void loop_push(RING *self, uint64_t number) {
  while (!ring_push(self, bench_record_of(number))) {
  }
}

static void loop_ping(void *there, void *back, uint64_t count, uint32_t *trips) {
  bench_record record;
  for (uint64_t number = 0; number < count; number++) {
    uint64_t start = __rdtsc();
    loop_push((RING *)there, number);
    loop_pop((RING *)back, &record);
    trips[number] = (uint32_t)(__rdtsc() - start);
  }
}

static void loop_pong(void *there, void *back, uint64_t count) {
  bench_record record;
  for (uint64_t number = 0; number < count; number++) {
    loop_pop((RING *)there, &record);
    loop_push((RING *)back, record.word[0]);
  }
}

/* Now and then the answering side is given time to go idle, as it would between bursts. */
static inline void loop_rest(void) {
  uint64_t start = __rdtsc();
  while (__rdtsc() - start < 2000) _mm_pause();
}

static void loop_burst(void *there, void *back, uint64_t count, uint64_t batch, uint32_t *trips) {
  bench_record record;
  for (uint64_t number = 0; number < count; number++) {
    loop_rest();
    uint64_t start = __rdtsc();
    uint64_t first = number * BENCH_BURST, end = first + BENCH_BURST;
    if (batch == 1)
      for (; first != end; first++) loop_push((RING *)there, first);
    else
      while (first != end) first += ring_push_many((RING *)there, first, end - first);
    loop_pop((RING *)back, &record);
    trips[number] = (uint32_t)(__rdtsc() - start);
  }
}

static void loop_answer(void *there, void *back, uint64_t count, uint64_t batch) {
  bench_seen seen = {0, 0, 0};
  for (uint64_t number = 0; number < count; number++) {
    uint64_t first = number * BENCH_BURST, end = first + BENCH_BURST;
    if (batch == 1) {
      for (; first != end; first++) {
        bench_record record;
        loop_pop((RING *)there, &record);
        bench_see(&seen, first, record);
      }
    } else {
      while (first != end) first += ring_pop_many((RING *)there, &seen, first, end - first);
    }
    loop_push((RING *)back, seen.sum);
  }
}

/* The record carries the time when it was due: both sides read one clock. */
static void loop_send_due(void *context, uint64_t count, bench_schedule schedule) {
  uint64_t due = schedule.start;
  for (uint64_t number = 0; number < count; number++) {
    bench_record record = {{number, due, ~number}};
    while ((int64_t)(__rdtsc() - due) < 0) {
    }
    while (!ring_push((RING *)context, record)) {
    }
    due += bench_gap_after(&schedule, number);
  }
}

static void loop_receive_due(void *context, uint64_t count, uint32_t *trips) {
  for (uint64_t number = 0; number < count; number++) {
    bench_record record;
    loop_pop((RING *)context, &record);
    trips[number] = (uint32_t)(bench_tsc_after() - record.word[1]);
  }
}

#define RING_LOOPS                                                                 \
  loop_send, loop_receive, loop_ping, loop_pong, loop_burst, loop_answer,          \
      loop_send_due, loop_receive_due, NULL, NULL
