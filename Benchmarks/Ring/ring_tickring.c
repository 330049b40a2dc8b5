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

static inline uint64_t ring_push_many(ring *self, uint64_t first, uint64_t count) {
  uint64_t granted = tickring_claim(&self->producer, count);
  if (granted == 0) return 0;
  for (uint64_t i = 0; i < granted; i++) {
    bench_record record = bench_record_of(first + i);
    tickring_words words = {{record.word[0], record.word[1], record.word[2]}};
    tickring_set(&self->producer, i, words);
  }
  tickring_commit(&self->producer, granted, 0);
  return granted;
}

static inline uint64_t ring_pop_many(ring *self, bench_seen *seen, uint64_t first,
                                     uint64_t count) {
  uint64_t found = tickring_peek(&self->consumer, count);
  for (uint64_t i = 0; i < found; i++) {
    const tickring_slot32 *slot = tickring_peeked(&self->consumer, i);
    bench_record record = {{slot->record[0], slot->record[1], slot->record[2]}};
    bench_see(seen, first + i, record);
  }
  if (found > 0) tickring_advance(&self->consumer, found);
  return found;
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
