/* ring_bench.h: what the ring benchmark knows of a ring: a table of loops, each compiled together
 * with the ring it drives, so that nothing is called indirectly inside a measurement.
 *
 * A record is three words: its number, and two words made of it. The receiving loop checks the
 * order of every record and adds up all words; the sum is compared with what was to be sent.
 */
#ifndef RING_BENCH_H
#define RING_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <x86intrin.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_record {
  uint64_t word[3];
} bench_record;

enum { BENCH_BURST = 64, BENCH_BATCH_MAX = 256 };

/* What a receiving loop saw. */
typedef struct bench_seen {
  uint64_t sum;
  uint64_t disorder; /* records that were not the next one, or torn */
  uint64_t lost;     /* broadcast: records overwritten before they were taken */
} bench_seen;

/* How far a broadcast ring's observer is, where the writer is kept from overtaking it. */
typedef struct paced_line {
  uint64_t position; /* told each eighth of the capacity */
  uint64_t ahead_max; /* half of it */
} paced_line;

/* An open loop: when each record is due, whatever became of those before. In TSC ticks. */
typedef struct bench_schedule {
  uint64_t start;
  uint64_t gap;       /* between two records */
  uint64_t burst_gap; /* the same in a burst */
  uint64_t calm_count, burst_count; /* records of a cycle, in this order */
} bench_schedule;

static inline uint64_t bench_gap_after(const bench_schedule *schedule, uint64_t number) {
  uint64_t within = number % (schedule->calm_count + schedule->burst_count);
  return within < schedule->calm_count ? schedule->gap : schedule->burst_gap;
}

typedef struct bench_ring {
  const char *name;
  const char *face;        /* c, swift or peer */
  bool has_batches;        /* sends and receives many records in one call */
  bool in_processes;       /* the receiving side is a process of its own */
  void *(*open)(uint64_t capacity); /* both ends; NULL: refused */
  void (*close)(void *ring);
  /* In a child, before it begins: touches the ring's pages, which a fork does not map. */
  void (*warm)(void *ring);
  /* Sends the records from `first`, `batch` in a call; waits while the ring is full. */
  void (*send)(void *ring, uint64_t first, uint64_t count, uint64_t batch);
  bench_seen (*receive)(void *ring, uint64_t first, uint64_t count, uint64_t batch);
  /* One record there, one back; the time of each trip in TSC ticks. */
  void (*ping)(void *there, void *back, uint64_t count, uint32_t *trips);
  void (*pong)(void *there, void *back, uint64_t count);
  /* BENCH_BURST records there, received `batch` in a call, and one back. */
  void (*burst)(void *there, void *back, uint64_t count, uint64_t batch, uint32_t *trips);
  void (*answer)(void *there, void *back, uint64_t count, uint64_t batch);
  /* Each record when it is due, whatever became of those before; how late each was when the
   * receiving side had it, in TSC ticks. */
  void (*send_due)(void *ring, uint64_t count, bench_schedule schedule);
  void (*receive_due)(void *ring, uint64_t count, uint32_t *trips);
  /* A broadcast ring has these two, `send` and `receive` alone; paced: nothing is lost. */
  void (*send_paced)(void *ring, uint64_t first, uint64_t count, uint64_t batch);
  bench_seen (*receive_paced)(void *ring, uint64_t first, uint64_t count, uint64_t batch);
} bench_ring;

/* The TSC once all loads before are done: a core may read it ahead of them. */
static inline uint64_t bench_tsc_after(void) {
  _mm_lfence();
  return __rdtsc();
}

static inline bench_record bench_record_of(uint64_t number) {
  bench_record record = {{number, number * 3, ~number}};
  return record;
}

static inline void bench_see(bench_seen *seen, uint64_t expected, bench_record record) {
  seen->sum += record.word[0] + record.word[1] + record.word[2];
  seen->disorder += record.word[0] != expected;
}

/* With its order known, the other two words' sum tells a torn record from a whole one. */
static inline void bench_see_whole(bench_seen *seen, uint64_t number, bench_record record) {
  bench_see(seen, number, record);
  seen->disorder += record.word[1] + record.word[2] != 2 * number - 1;
}

/* The sum of all words of the records from `first`: n + 3n + ~n = 3n - 1 each. */
static inline uint64_t bench_sum_of(uint64_t first, uint64_t count) {
  return 3 * (first * count + count * (count - 1) / 2) - count;
}

#ifdef __cplusplus
}
#endif

#endif
