/* duo.c: two pinned sides. One sample is: the raw ping-pong, the ring's own loops, the raw
 * ping-pong again. The caller's thread is the producing side; the other waits for work, spinning,
 * since a wake-up would be measured too. */
#define _GNU_SOURCE
#include "bench_run.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RAW_TRIPS = 2000, NEAR_NS_MAX = 280, FAR_NS_MIN = 300, ONEWAY_PER_S = 300000 };

enum order { IDLE, STOP, RAW, RECEIVE, PONG, ANSWER, RECEIVE_DUE, RECEIVE_PACED };

/* What the other side is to do. Written by the caller while it idles; in memory that a child
 * shares, since for a ring between processes the other side has a child do it. */
static struct work {
  _Alignas(128) int order;
  int is_ready; /* whoever does the work is about to begin */
  const bench_ring *ring;
  void *there, *back;
  uint64_t count, batch;
  bench_seen seen;
  uint64_t end_tsc;
  long switches; /* times that the other side was taken off its core during the order */
} *work;

static pthread_t other;
static double ns_per_tick;
static uint32_t *trips_seen;
enum { TRIPS_MAX = 1 << 20 };

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) perror("ring: pinning to a core");
}

static void obey(int order) {
  switch (order) {
    case RAW: pingpong_answer(work->count); break;
    case RECEIVE:
      work->seen = work->ring->receive(work->there, 0, work->count, work->batch);
      work->end_tsc = __rdtsc();
      break;
    case PONG: work->ring->pong(work->there, work->back, work->count); break;
    case ANSWER: work->ring->answer(work->there, work->back, work->count, work->batch); break;
    case RECEIVE_DUE: work->ring->receive_due(work->there, work->count, trips_seen); break;
    case RECEIVE_PACED:
      work->seen = work->ring->receive_paced(work->there, 0, work->count, work->batch);
      work->end_tsc = __rdtsc();
      break;
    default: break;
  }
}

/* Times that the calling thread was taken off its core: a sample in which it was says nothing. */
static long switches_now(void) {
  struct rusage usage;
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

/* A fork does not map shared memory: whatever is not touched before is, in the measurement. */
static void warm_in_child(int order) {
  work->ring->warm(work->there);
  work->ring->warm(work->back);
  if (order != RECEIVE_DUE) return;
  for (uint64_t i = 0; i < work->count; i += 4096 / sizeof *trips_seen)
    *(volatile uint32_t *)&trips_seen[i] = 0;
}

/* Does the work in a child, which exits; the mappings of the ring are the same memory there. */
static void obey_in_child(int order) {
  pid_t child = fork();
  if (child < 0) exit(2);
  if (child == 0) {
    warm_in_child(order);
  } else {
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return;
  }
  long before = switches_now();
  __atomic_store_n(&work->is_ready, 1, __ATOMIC_RELEASE);
  obey(order);
  work->switches = switches_now() - before;
  _exit(0);
}

static void obey_here(int order) {
  long before = switches_now();
  __atomic_store_n(&work->is_ready, 1, __ATOMIC_RELEASE);
  obey(order);
  work->switches = switches_now() - before;
}

static void *serve(void *context) {
  for (;;) {
    int order;
    while ((order = __atomic_load_n(&work->order, __ATOMIC_ACQUIRE)) == IDLE) _mm_pause();
    if (order == STOP) return context;
    if (order != RAW && work->ring->in_processes)
      obey_in_child(order);
    else
      obey_here(order);
    __atomic_store_n(&work->order, IDLE, __ATOMIC_RELEASE);
  }
}

/* Sets the other side to work, and waits until it begins. */
static void command(int order) {
  work->is_ready = 0;
  __atomic_store_n(&work->order, order, __ATOMIC_RELEASE);
  while (order != STOP && __atomic_load_n(&work->is_ready, __ATOMIC_ACQUIRE) == 0) _mm_pause();
}

static void await(void) {
  while (__atomic_load_n(&work->order, __ATOMIC_ACQUIRE) != IDLE) _mm_pause();
}

static double clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void calibrate(void) {
  double start = clock_ns();
  uint64_t tsc = __rdtsc();
  while (clock_ns() - start < 50e6) {
  }
  ns_per_tick = (clock_ns() - start) / (double)(__rdtsc() - tsc);
}

double duo_ns_per_tick(void) { return ns_per_tick; }

/* Memory that a fork does not make copies of. */
static void *shared(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(2);
  memset(memory, 0, bytes); /* touched: no fault in a measurement */
  return memory;
}

void duo_start(int producer_cpu, int consumer_cpu) {
  trips_seen = shared(TRIPS_MAX * sizeof *trips_seen);
  work = shared(sizeof *work);
  calibrate();
  pin(consumer_cpu); /* inherited: the other side must never need the caller's core to start */
  if (pthread_create(&other, NULL, serve, NULL) != 0) exit(2);
  pin(producer_cpu);
}

void duo_stop(void) {
  command(STOP);
  pthread_join(other, NULL);
}

static int compare(const void *a, const void *b) {
  uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
  return one < two ? -1 : one > two;
}

static double percentile(uint64_t count, double share) {
  uint64_t index = (uint64_t)(share * (double)(count - 1));
  return (double)trips_seen[index] * ns_per_tick;
}

static double raw_ns(void) {
  work->count = RAW_TRIPS;
  command(RAW);
  pingpong_ask(RAW_TRIPS, trips_seen);
  await();
  qsort(trips_seen, RAW_TRIPS, sizeof *trips_seen, compare);
  return percentile(RAW_TRIPS, 0.5);
}

static enum bench_regime regime_of(double before, double after) {
  if (before < NEAR_NS_MAX && after < NEAR_NS_MAX) return BENCH_NEAR;
  if (before > FAR_NS_MIN && after > FAR_NS_MIN) return BENCH_FAR;
  return BENCH_MIXED;
}

static void wrong(const bench_case *one, const char *what) {
  fprintf(stderr, "ring: %s (%s, %llu slots, batches of %llu) failed: %s\n", one->ring->name,
          one->ring->face, (unsigned long long)one->capacity, (unsigned long long)one->batch, what);
  exit(1);
}

/* Millions of records a second, from the first push to the last pop. */
static void throughput(bench_case *one, double *value, uint64_t records) {
  work->count = records;
  work->batch = one->batch;
  command(RECEIVE);
  uint64_t start = __rdtsc();
  one->ring->send(work->there, 0, records, one->batch);
  await();
  if (work->seen.disorder != 0) wrong(one, "order");
  if (work->seen.sum != bench_sum_of(0, records)) wrong(one, "checksum");
  value[0] = (double)records * 1e3 / ((double)(work->end_tsc - start) * ns_per_tick);
}

/* Millions of records delivered a second, and the share of the others. */
static void broadcast(bench_case *one, double *value, uint64_t records) {
  bool is_paced = one->topology == BENCH_BROADCAST_PACED;
  work->count = records;
  work->batch = one->batch;
  command(is_paced ? RECEIVE_PACED : RECEIVE);
  uint64_t start = __rdtsc();
  (is_paced ? one->ring->send_paced : one->ring->send)(work->there, 0, records, one->batch);
  await();
  if (work->seen.disorder != 0) wrong(one, "a record torn or out of order");
  if (is_paced && work->seen.lost != 0) wrong(one, "a paced writer overtook the observer");
  uint64_t taken = records - work->seen.lost;
  value[0] = (double)taken * 1e3 / ((double)(work->end_tsc - start) * ns_per_tick);
  value[1] = (double)work->seen.lost * 100 / (double)records;
}

static void sort_trips(uint64_t count, double *value) {
  qsort(trips_seen, count, sizeof *trips_seen, compare);
  value[0] = percentile(count, 0.5);
  value[1] = percentile(count, 0.99);
  value[2] = percentile(count, 0.999);
  value[3] = percentile(count, 1);
}

/* Of every 10 ms the last one at ten times the rate. */
static void oneway(bench_case *one, double *value, uint64_t trip_count) {
  double ticks_per_s = 1e9 / ns_per_tick;
  bench_schedule schedule = {.gap = (uint64_t)(ticks_per_s / ONEWAY_PER_S),
                             .burst_gap = (uint64_t)(ticks_per_s / (10 * ONEWAY_PER_S)),
                             .calm_count = ONEWAY_PER_S * 9 / 1000,
                             .burst_count = 10 * ONEWAY_PER_S / 1000};
  uint64_t count = trip_count / 1250 * (schedule.calm_count + schedule.burst_count);
  work->count = count < TRIPS_MAX ? count : TRIPS_MAX;
  command(RECEIVE_DUE);
  schedule.start = __rdtsc() + (uint64_t)(ticks_per_s * 20e-6);
  one->ring->send_due(work->there, work->count, schedule);
  await();
  sort_trips(work->count, value);
}

static void trips(bench_case *one, double *value, uint64_t count) {
  bool is_burst = one->topology == BENCH_BURSTS;
  work->count = count;
  work->batch = one->batch;
  command(is_burst ? ANSWER : PONG);
  if (is_burst)
    one->ring->burst(work->there, work->back, count, one->batch, trips_seen);
  else
    one->ring->ping(work->there, work->back, count, trips_seen);
  await();
  sort_trips(count, value);
}

static void measure(bench_case *one, double *value, uint64_t records, uint64_t trip_count) {
  switch (one->topology) {
    case BENCH_THROUGHPUT: throughput(one, value, records); break;
    case BENCH_ONEWAY: oneway(one, value, trip_count); break;
    case BENCH_BROADCAST:
    case BENCH_BROADCAST_PACED: broadcast(one, value, records); break;
    default: trips(one, value, trip_count); break;
  }
}

/* One attempt; whether both sides had their cores to themselves meanwhile. */
static bool attempt(bench_case *one, uint64_t records, uint64_t trip_count) {
  int index = one->sample_count;
  double before = raw_ns();
  long switches = switches_now();
  measure(one, one->value[index], records, trip_count);
  bool is_clean = switches_now() == switches && work->switches == 0;
  double after = raw_ns();
  one->raw_ns[index] = (before + after) / 2;
  one->regime[index] = regime_of(before, after);
  return is_clean;
}

bool duo_sample(bench_case *one, uint64_t records, uint64_t trip_count) {
  if (one->sample_count == BENCH_SAMPLES_MAX) return false;
  work->ring = one->ring;
  work->there = one->ring->open(one->capacity);
  work->back = one->ring->open(one->capacity);
  if (work->there == NULL || work->back == NULL) wrong(one, "open");
  bool is_clean = attempt(one, records, trip_count);
  one->ring->close(work->there);
  one->ring->close(work->back);
  one->sample_count += is_clean;
  one->disturbed_count += !is_clean;
  return is_clean;
}
