/* main.c: the ring benchmark's plan. Rings are interleaved: every round takes one sample of every
 * case, so that what the machine does meanwhile meets all of them alike.
 *
 *   ring [--hops] [--quick] [--json FILE] [--only TOPOLOGY/SLOTS/BATCH] [--rounds N]
 *        [--swift LIBRARY] [--records N] [--producer CPU] [--consumer CPU]
 */
#include "bench_run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const bench_ring bench_tickring, bench_tickring_processes, bench_boost, bench_ck,
    bench_rte, bench_moodycamel, bench_broadcast, bench_broadcast_processes, bench_seqlock,
    bench_records, bench_records_processes;
#ifndef BENCH_RING_ADDRESSES
#define BENCH_RING_ADDRESSES \
  &bench_tickring, &bench_tickring_processes, &bench_boost, &bench_ck, &bench_rte, \
      &bench_moodycamel
#endif

#define MAX_RINGS 16

/* As an instance's rings are by default. */
enum { HOP_TICK_SLOTS = 65536, HOP_ORDER_SLOTS = 8192 };

typedef struct plan {
  int rounds;
  int producer_cpu, consumer_cpu;
  uint64_t records, trips;
  double seconds_max;
  bool is_hops;
  const char *json, *only, *swift;
  const bench_ring *rings[MAX_RINGS];
  int ring_count;
  const bench_ring *broadcasts[MAX_RINGS];
  int broadcast_count;
} plan;

static bench_case cases[BENCH_CASES_MAX];
static int case_count;

static void add(const bench_ring *ring, enum bench_topology topology, uint64_t capacity,
                uint64_t batch) {
  if (case_count == BENCH_CASES_MAX || (batch > 1 && !ring->has_batches)) return;
  bench_case *one = &cases[case_count++];
  one->ring = ring;
  one->topology = topology;
  one->capacity = capacity;
  one->batch = batch;
}

/* Case by case and ring by ring, so that rings follow each other within a case. */
static void lay_out(const plan *plan) {
  static const uint64_t capacities[] = {65536, 1024, 64};
  static const uint64_t batches[] = {1, 8, 32, 256};
  for (int c = 0; c < 3; c++)
    for (int b = 0; b < 4; b++)
      for (int r = 0; r < plan->ring_count; r++)
        add(plan->rings[r], BENCH_THROUGHPUT, capacities[c], batches[b]);
  for (int c = 0; c < 2; c++)
    for (int r = 0; r < plan->ring_count; r++)
      add(plan->rings[r], BENCH_ROUNDTRIP, capacities[c], 1);
  for (int c = 0; c < 2; c++)
    for (int b = 0; b < 2; b++)
      for (int r = 0; r < plan->ring_count; r++)
        add(plan->rings[r], BENCH_BURSTS, capacities[c], b == 0 ? 1 : BENCH_BURST);
  for (int r = 0; r < plan->ring_count; r++) add(plan->rings[r], BENCH_ONEWAY, capacities[0], 1);
  for (int c = 0; c < 2; c++)
    for (int paced = 0; paced < 2; paced++)
      for (int b = 0; b < 3; b += 2)
        for (int r = 0; r < plan->broadcast_count; r++)
          add(plan->broadcasts[r], paced ? BENCH_BROADCAST_PACED : BENCH_BROADCAST, capacities[c],
              batches[b]);
}

/* What a hop costs between threads, between processes, and between threads once more: how far the
 * first and the last are apart is what the machine makes of one and the same. */
static void lay_out_hops(void) {
  static bench_ring ticks_again, orders_again;
  ticks_again = bench_tickring;
  ticks_again.name = "tickring, again";
  orders_again = bench_records;
  orders_again.name = "orders, again";
  const bench_ring *const ticks[] = {&bench_tickring, &bench_tickring_processes, &ticks_again};
  const bench_ring *const orders[] = {&bench_records, &bench_records_processes, &orders_again};
  static const enum bench_topology topologies[] = {BENCH_ROUNDTRIP, BENCH_ONEWAY};
  for (int t = 0; t < 2; t++) {
    for (int r = 0; r < BENCH_HOPS; r++) add(ticks[r], topologies[t], HOP_TICK_SLOTS, 1);
    for (int r = 0; r < BENCH_HOPS; r++) add(orders[r], topologies[t], HOP_ORDER_SLOTS, 1);
  }
}

const char *topology_name(enum bench_topology topology) {
  static const char *const names[] = {"throughput", "roundtrip", "burst",
                                      "oneway",     "broadcast", "broadcast-paced"};
  return names[topology];
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int parse(int argc, char **argv, plan *plan) {
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(argv[i], "--hops") == 0) {
      plan->is_hops = true;
      continue;
    }
    if (strcmp(argv[i], "--quick") == 0) {
      plan->rounds = 5;
      plan->records = 500000;
      plan->trips = 5000;
      plan->seconds_max = 40;
      continue;
    }
    if (value == NULL) return -1;
    i++;
    if (strcmp(argv[i - 1], "--json") == 0) plan->json = value;
    else if (strcmp(argv[i - 1], "--only") == 0) plan->only = value;
    else if (strcmp(argv[i - 1], "--swift") == 0) plan->swift = value;
    else if (strcmp(argv[i - 1], "--rounds") == 0) plan->rounds = atoi(value);
    else if (strcmp(argv[i - 1], "--records") == 0) plan->records = strtoull(value, NULL, 10);
    else if (strcmp(argv[i - 1], "--producer") == 0) plan->producer_cpu = atoi(value);
    else if (strcmp(argv[i - 1], "--consumer") == 0) plan->consumer_cpu = atoi(value);
    else return -1;
  }
  return 0;
}

static void choose_rings(plan *plan) {
  const bench_ring *const rings[] = {BENCH_RING_ADDRESSES};
  const bench_ring *swift = plan->swift == NULL ? NULL : swift_load(plan->swift);
  for (size_t r = 0; r < sizeof rings / sizeof rings[0]; r++)
    plan->rings[plan->ring_count++] = rings[r];
  if (swift != NULL) plan->rings[plan->ring_count++] = swift;
  plan->broadcasts[plan->broadcast_count++] = &bench_broadcast;
  plan->broadcasts[plan->broadcast_count++] = &bench_broadcast_processes;
  if (swift != NULL) plan->broadcasts[plan->broadcast_count++] = swift_broadcast();
  plan->broadcasts[plan->broadcast_count++] = &bench_seqlock;
}

/* Whether a case was asked for: TOPOLOGY/SLOTS/BATCH contains the text. */
static bool is_wanted(const plan *plan, const bench_case *one) {
  char text[128];
  snprintf(text, sizeof text, "%s/%llu/%llu", topology_name(one->topology),
           (unsigned long long)one->capacity, (unsigned long long)one->batch);
  return plan->only == NULL || strstr(text, plan->only) != NULL;
}

/* One sample, tried again a few times where the machine disturbed it. */
static void take(bench_case *one, const plan *plan, double deadline) {
  for (int attempt = 0; attempt < 8 && seconds_now() < deadline; attempt++)
    if (duo_sample(one, plan->records, plan->trips)) return;
}

int main(int argc, char **argv) {
  plan plan = {.rounds = 15, .producer_cpu = 0, .consumer_cpu = 1, .records = 2000000,
               .trips = 20000, .seconds_max = 600};
  if (parse(argc, argv, &plan) != 0) {
    fprintf(stderr, "usage: ring [--hops] [--quick] [--json FILE] [--only TOPOLOGY/SLOTS/BATCH] "
                    "[--rounds N] [--records N] [--producer CPU] [--consumer CPU]\n");
    return 2;
  }
  if (plan.is_hops) {
    lay_out_hops();
  } else {
    choose_rings(&plan);
    lay_out(&plan);
  }
  duo_start(plan.producer_cpu, plan.consumer_cpu);
  double deadline = seconds_now() + plan.seconds_max;
  for (int round = 0; round < plan.rounds; round++)
    for (int i = 0; i < case_count && seconds_now() < deadline; i++)
      if (is_wanted(&plan, &cases[i])) take(&cases[i], &plan, deadline);
  duo_stop();
  if (plan.is_hops)
    report_hops(cases, case_count);
  else
    report_table(cases, case_count);
  if (plan.json != NULL && report_json(cases, case_count, plan.json) != 0) {
    perror(plan.json);
    return 1;
  }
  return 0;
}
