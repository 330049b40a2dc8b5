#include "bench_clock.h" /* a target has one source at least */
