/* ring_tickring.c: the tick ring, in C. */
#include "tickring.h"

#include "ring_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef RING_NAME
#define RING_NAME "tickring"
#endif
#ifndef RING_SYMBOL
#define RING_SYMBOL bench_tickring
#define RING_SYMBOL_PROCESSES bench_tickring_processes
#endif

typedef struct ring {
  /* Each end on lines of its own: two cores write them. */
  _Alignas(128) tickring_producer producer;
  _Alignas(128) tickring_consumer consumer;
} ring;

#define RING ring

static inline bool ring_push(ring *self, bench_record record) {
  tickring_words words = {{record.word[0], record.word[1], record.word[2]}};
  return tickring_publish(&self->producer, words, 0);
}

static inline bool ring_pop(ring *self, bench_record *record) {
  tickring_tick tick;
  if (!tickring_poll(&self->consumer, &tick)) return false;
  record->word[0] = tick.word[0];
  record->word[1] = tick.word[1];
  record->word[2] = tick.word[2];
  return true;
}

static inline tickring_words make(void *first, uint64_t i) {
  bench_record record = bench_record_of(*(const uint64_t *)first + i);
  return (tickring_words){{record.word[0], record.word[1], record.word[2]}};
}

static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  return tickring_publish_each(&self->producer, count, 0, make, &first);
}

typedef struct taking {
  bench_seen *seen;
  uint64_t first;
} taking;

static inline void take(void *context, uint64_t i, const tickring_tick *tick) {
  taking *self = (taking *)context;
  bench_see(self->seen, self->first + i,
            (bench_record){{tick->word[0], tick->word[1], tick->word[2]}});
}

static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  taking context = {seen, first};
  return tickring_poll_each(&self->consumer, count, take, &context);
}

#include "ring_loops.h"

static void *ring_open(uint64_t capacity) {
  ring *self = (ring *)aligned_alloc(128, sizeof(ring));
  tickring_options options;
  tickring_region region, other;
  char name[64];
  memset(self, 0, sizeof *self);
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = capacity;
  snprintf(name, sizeof name, "tickring-bench-%d", (int)getpid());
  int error = tickring_create("/dev/shm", name, &options, &region);
  if (!error) error = tickring_duplicate(&region, &other);
  (void)tickring_remove("/dev/shm", name);
  if (!error) error = tickring_producer_open(&region, &self->producer, NULL);
  if (!error) error = tickring_consumer_open(&other, &self->consumer, NULL);
  if (!error) return self;
  fprintf(stderr, "ring: %s\n", tickring_error_text(error));
  free(self);
  return NULL;
}

static void ring_close(void *context) {
  ring *self = (ring *)context;
  tickring_producer_close(&self->producer);
  tickring_consumer_close(&self->consumer);
  free(self);
}

static void ring_warm(void *context) {
  ring *self = (ring *)context;
  uint64_t end = self->consumer.region.bytes;
  for (uint64_t byte = 0; byte < end; byte += 4096) {
    (void)*(volatile unsigned char *)((unsigned char *)self->consumer.header + byte);
    uint64_t *word = (uint64_t *)(void *)((unsigned char *)self->producer.header + byte + 4088);
    __atomic_fetch_add(word, 0, __ATOMIC_RELAXED); /* mapped to write, and nothing changed */
  }
}

const bench_ring RING_SYMBOL = {RING_NAME, "c", true, false,
                                ring_open, ring_close, NULL, RING_LOOPS};
const bench_ring RING_SYMBOL_PROCESSES = {RING_NAME " between processes", "c", true, true,
                                          ring_open, ring_close, ring_warm, RING_LOOPS};
