/* broadcast_seqlock.c: what the tick ring's broadcast is measured against: a ring of seqlocks, the
 * usual way to do it. A slot has a cache line of its own: a version (odd while the record is
 * written; else twice the record's number, plus 2) and the record. */
#include "ring_bench.h"

#include <stdlib.h>
#include <string.h>

typedef struct slot {
  _Alignas(64) uint64_t version;
  uint64_t word[3];
} slot;

typedef struct ring {
  _Alignas(128) slot *slots;
  uint64_t mask;
  uint64_t written;
  _Alignas(128) slot *observer_slots;
  uint64_t observer_mask;
  uint64_t next;
  uint64_t lost;
  _Alignas(128) paced_line pace;
} ring;

#define RING ring

static inline void ring_write(ring *self, bench_record record) {
  uint64_t number = self->written++;
  slot *one = &self->slots[number & self->mask];
  __atomic_store_n(&one->version, 2 * number + 1, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (int i = 0; i < 3; i++) __atomic_store_n(&one->word[i], record.word[i], __ATOMIC_RELAXED);
  __atomic_store_n(&one->version, 2 * number + 2, __ATOMIC_RELEASE);
}

/* Overtaken: goes on an eighth of the capacity after the oldest record that may be there. */
static inline void ring_skip(ring *self, uint64_t version) {
  uint64_t newest = (version - 1) / 2, capacity = self->observer_mask + 1;
  uint64_t resumed = newest + 1 - capacity + capacity / 8;
  self->lost += resumed - self->next;
  self->next = resumed;
}

static inline bool ring_read(ring *self, bench_record *record) {
  const slot *one = &self->observer_slots[self->next & self->observer_mask];
  uint64_t version = __atomic_load_n(&one->version, __ATOMIC_ACQUIRE);
  if (version != 2 * self->next + 2) {
    if (version > 2 * self->next + 2) ring_skip(self, version);
    return false;
  }
  for (int i = 0; i < 3; i++) record->word[i] = __atomic_load_n(&one->word[i], __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if (__atomic_load_n(&one->version, __ATOMIC_RELAXED) != version) return false;
  self->next += 1;
  return true;
}

static inline void ring_write_many(ring *self, uint64_t first, uint64_t count) {
  (void)self, (void)first, (void)count;
}
static inline uint64_t ring_read_many(ring *self, bench_seen *seen, uint64_t count) {
  (void)self, (void)seen, (void)count;
  return 0;
}

static inline uint64_t ring_lost(const ring *self) { return self->lost; }
static inline uint64_t ring_next(const ring *self) { return self->next; }

#include "broadcast_loops.h"

static void *ring_open(uint64_t capacity) {
  ring *self = (ring *)aligned_alloc(128, sizeof(ring));
  memset(self, 0, sizeof *self);
  self->slots = (slot *)aligned_alloc(4096, capacity * sizeof(slot) < 4096
                                                ? 4096
                                                : capacity * sizeof(slot));
  memset(self->slots, 0, capacity * sizeof(slot));
  self->mask = self->observer_mask = capacity - 1;
  self->observer_slots = self->slots;
  self->pace.ahead_max = capacity / 2;
  return self;
}

static void ring_close(void *context) {
  ring *self = (ring *)context;
  free(self->slots);
  free(self);
}

const bench_ring bench_seqlock = {.name = "seqlock, 64-byte slots", .face = "peer",
                                  .open = ring_open, .close = ring_close,
                                  .send = loop_send, .receive = loop_receive,
                                  .send_paced = loop_send_paced,
                                  .receive_paced = loop_receive_paced};
