/* pingpong.c: the raw round trip of one cache line between the two cores, measured beside every
 * sample: what the host does to the distance of its cores changes ring figures up to tenfold. */
#include "bench_run.h"

#include <stdlib.h>

typedef struct line {
  _Alignas(128) uint64_t word;
  char rest[120];
} line;

static line there, back;

void pingpong_answer(uint64_t count) {
  uint64_t base = __atomic_load_n(&back.word, __ATOMIC_ACQUIRE);
  for (uint64_t trip = 1; trip <= count; trip++) {
    while (__atomic_load_n(&there.word, __ATOMIC_ACQUIRE) != base + trip) {
    }
    __atomic_store_n(&back.word, base + trip, __ATOMIC_RELEASE);
  }
}

void pingpong_ask(uint64_t count, uint32_t *trips) {
  uint64_t base = __atomic_load_n(&there.word, __ATOMIC_ACQUIRE);
  for (uint64_t trip = 1; trip <= count; trip++) {
    uint64_t start = __rdtsc();
    __atomic_store_n(&there.word, base + trip, __ATOMIC_RELEASE);
    while (__atomic_load_n(&back.word, __ATOMIC_ACQUIRE) != base + trip) {
    }
    trips[trip - 1] = (uint32_t)(__rdtsc() - start);
  }
}
