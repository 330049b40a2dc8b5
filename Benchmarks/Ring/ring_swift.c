/* ring_swift.c: the tick ring by its Swift face, whose loops Swift compiles into a library. */
#include "bench_run.h"

#include <dlfcn.h>

static struct {
  void *(*open)(uint64_t capacity);
  void (*close)(void *ring);
  void (*send)(void *ring, uint64_t first, uint64_t count, uint64_t batch);
  void (*receive)(void *ring, uint64_t first, uint64_t count, uint64_t batch, uint64_t *seen);
  void (*ping)(void *there, void *back, uint64_t count, uint32_t *trips);
  void (*pong)(void *there, void *back, uint64_t count);
  void (*burst)(void *there, void *back, uint64_t count, uint64_t batch, uint32_t *trips);
  void (*answer)(void *there, void *back, uint64_t count, uint64_t batch);
  void (*send_due)(void *ring, uint64_t count, const bench_schedule *schedule);
  void (*receive_due)(void *ring, uint64_t count, uint32_t *trips);
  void *(*broadcast_open)(uint64_t capacity);
  void (*broadcast_close)(void *ring);
  void (*broadcast_send)(void *ring, uint64_t first, uint64_t count, uint64_t batch,
                         bool is_paced);
  void (*broadcast_receive)(void *ring, uint64_t first, uint64_t count, uint64_t batch,
                            bool is_paced, uint64_t *seen);
} loops;

static bench_seen swift_receive(void *ring, uint64_t first, uint64_t count, uint64_t batch) {
  uint64_t seen[2];
  loops.receive(ring, first, count, batch, seen);
  return (bench_seen){seen[0], seen[1], 0};
}

static void swift_send_due(void *ring, uint64_t count, bench_schedule schedule) {
  loops.send_due(ring, count, &schedule);
}

static void broadcast_send(void *ring, uint64_t first, uint64_t count, uint64_t batch) {
  loops.broadcast_send(ring, first, count, batch, false);
}

static void broadcast_send_paced(void *ring, uint64_t first, uint64_t count, uint64_t batch) {
  loops.broadcast_send(ring, first, count, batch, true);
}

static bench_seen broadcast_receive(void *ring, uint64_t first, uint64_t count, uint64_t batch) {
  uint64_t seen[3];
  loops.broadcast_receive(ring, first, count, batch, false, seen);
  return (bench_seen){seen[0], seen[1], seen[2]};
}

static bench_seen broadcast_receive_paced(void *ring, uint64_t first, uint64_t count,
                                          uint64_t batch) {
  uint64_t seen[3];
  loops.broadcast_receive(ring, first, count, batch, true, seen);
  return (bench_seen){seen[0], seen[1], seen[2]};
}

const bench_ring *swift_broadcast(void) {
  static bench_ring ring = {.name = "tickring", .face = "swift", .has_batches = true,
                            .send = broadcast_send, .receive = broadcast_receive,
                            .send_paced = broadcast_send_paced,
                            .receive_paced = broadcast_receive_paced};
  ring.open = loops.broadcast_open;
  ring.close = loops.broadcast_close;
  return &ring;
}

const bench_ring *swift_load(const char *path) {
  static bench_ring ring = {.name = "tickring", .face = "swift", .has_batches = true};
  static const char *const names[] = {
      "swift_ring_open", "swift_ring_close", "swift_ring_send",  "swift_ring_receive",
      "swift_ring_ping", "swift_ring_pong",  "swift_ring_burst", "swift_ring_answer",
      "swift_ring_send_due", "swift_ring_receive_due", "swift_broadcast_open",
      "swift_broadcast_close", "swift_broadcast_send", "swift_broadcast_receive"};
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void **entry = (void **)&loops;
  for (size_t i = 0; library != NULL && i < sizeof names / sizeof names[0]; i++)
    entry[i] = dlsym(library, names[i]);
  if (library == NULL || loops.open == NULL || loops.broadcast_receive == NULL) {
    fprintf(stderr, "ring: no Swift loops: %s\n", dlerror());
    return NULL;
  }
  ring.open = loops.open;
  ring.close = loops.close;
  ring.send = loops.send;
  ring.receive = swift_receive;
  ring.ping = loops.ping;
  ring.pong = loops.pong;
  ring.burst = loops.burst;
  ring.answer = loops.answer;
  ring.send_due = swift_send_due;
  ring.receive_due = loops.receive_due;
  return &ring;
}
