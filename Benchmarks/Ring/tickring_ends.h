/* tickring_ends.h: both ends of a ring of one writer and one reader, in C, whatever its records. */
#ifndef TICKRING_ENDS_H
#define TICKRING_ENDS_H

#include "tickring.h"

#include "ring_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct ring {
  /* Each end on lines of its own: two cores write them. */
  _Alignas(128) tickring_producer producer;
  _Alignas(128) tickring_consumer consumer;
} ring;

static void *ends_open(uint32_t kind, uint64_t capacity) {
  ring *self = (ring *)aligned_alloc(128, sizeof(ring));
  tickring_options options;
  tickring_region region, other;
  char name[64];
  memset(self, 0, sizeof *self);
  memset(&options, 0, sizeof options);
  options.kind = kind;
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

static void ends_close(void *context) {
  ring *self = (ring *)context;
  tickring_producer_close(&self->producer);
  tickring_consumer_close(&self->consumer);
  free(self);
}

static void ends_warm(void *context) {
  ring *self = (ring *)context;
  uint64_t end = self->consumer.region.bytes;
  for (uint64_t byte = 0; byte < end; byte += 4096) {
    (void)*(volatile unsigned char *)((unsigned char *)self->consumer.header + byte);
    uint64_t *word = (uint64_t *)(void *)((unsigned char *)self->producer.header + byte + 4088);
    __atomic_fetch_add(word, 0, __ATOMIC_RELAXED); /* mapped to write, and nothing changed */
  }
}

#endif
