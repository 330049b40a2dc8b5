/* broadcast_tickring.c: the tick ring's broadcast, in C. */
#include "tickring_words.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct ring {
  /* Each end on lines of its own: two cores write them. */
  _Alignas(128) tickring_writer writer;
  _Alignas(128) tickring_observer observer;
  _Alignas(128) paced_line pace;
} ring;

#define RING ring

static inline void ring_write(ring *self, bench_record record) {
  tickring_broadcast(&self->writer, words_of(record), 0);
}

static inline bool ring_read(ring *self, bench_record *record) {
  tickring_tick tick;
  if (!tickring_observe(&self->observer, &tick)) return false;
  *record = record_of(&tick);
  return true;
}

static inline void ring_write_many(ring *self, uint64_t first, uint64_t count) {
  tickring_broadcast_each(&self->writer, count, 0, words_after, &first);
}

static inline void take(void *seen, uint64_t sequence, const tickring_tick *tick) {
  bench_see_whole((bench_seen *)seen, sequence, record_of(tick));
}

static inline uint64_t ring_read_many(ring *self, bench_seen *seen, uint64_t count) {
  return tickring_observe_each(&self->observer, count, take, seen);
}

static inline uint64_t ring_lost(const ring *self) { return self->observer.lost; }
static inline uint64_t ring_next(const ring *self) { return self->observer.next; }

#include "broadcast_loops.h"

static void *ring_open(uint64_t capacity) {
  /* Shared, since the observer of a ring between processes tells its pace through it. */
  ring *self = (ring *)mmap(NULL, sizeof(ring), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  tickring_options options;
  tickring_region region, other;
  if (self == MAP_FAILED) return NULL;
  memset(self, 0, sizeof *self);
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_BROADCAST;
  options.capacity = capacity;
  int error = tickring_create_unnamed("/dev/shm", &options, &region);
  if (!error) error = tickring_duplicate(&region, &other);
  if (!error) error = tickring_writer_open(&region, &self->writer, NULL);
  if (!error) error = tickring_observer_open(&other, TICKRING_START_NEXT, &self->observer);
  self->pace.ahead_max = capacity / 2;
  if (!error) return self;
  fprintf(stderr, "ring: %s\n", tickring_error_text(error));
  (void)munmap(self, sizeof *self);
  return NULL;
}

static void ring_close(void *context) {
  ring *self = (ring *)context;
  tickring_writer_close(&self->writer);
  tickring_observer_close(&self->observer);
  (void)munmap(self, sizeof *self);
}

static void ring_warm(void *context) {
  ring *self = (ring *)context;
  for (uint64_t byte = 0; byte < self->observer.region.bytes; byte += 4096)
    (void)*(volatile unsigned char *)((unsigned char *)self->observer.header + byte);
}

const bench_ring bench_broadcast = {.name = "tickring", .face = "c", .has_batches = true,
                                    .open = ring_open, .close = ring_close,
                                    .send = loop_send, .receive = loop_receive,
                                    .send_paced = loop_send_paced,
                                    .receive_paced = loop_receive_paced};
const bench_ring bench_broadcast_processes = {
    .name = "tickring between processes", .face = "c", .has_batches = true, .in_processes = true,
    .open = ring_open, .close = ring_close, .warm = ring_warm,
    .send = loop_send, .receive = loop_receive,
    .send_paced = loop_send_paced, .receive_paced = loop_receive_paced};
