/* bench_clock.h: the TSC, inlined in the Swift loops as it is in those of C. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

static inline uint64_t bench_clock(void) { return __builtin_ia32_rdtsc(); }

/* Once all loads before are done: a core may read it ahead of them. */
static inline uint64_t bench_clock_after(void) {
  __builtin_ia32_lfence();
  return __builtin_ia32_rdtsc();
}

#endif
