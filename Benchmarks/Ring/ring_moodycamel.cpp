/* ring_moodycamel.cpp: moodycamel::ReaderWriterQueue (Debian: libreaderwriterqueue-dev). */
#include <readerwriterqueue/readerwriterqueue.h>

#include <cstddef>

#include "ring_bench.h"

using ring = moodycamel::ReaderWriterQueue<bench_record>;
#define RING ring
#define RING_WITHOUT_BATCHES

static inline bool ring_push(ring *self, bench_record record) { return self->try_enqueue(record); }
static inline bool ring_pop(ring *self, bench_record *record) { return self->try_dequeue(*record); }

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) { return new ring(capacity); }
static void ring_close(void *self) { delete static_cast<ring *>(self); }

extern "C" const bench_ring bench_moodycamel = {
    "moodycamel ReaderWriterQueue", "peer", false, false, ring_open, ring_close, NULL, RING_LOOPS};
