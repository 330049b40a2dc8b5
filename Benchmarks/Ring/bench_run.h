/* bench_run.h: what the parts of the ring benchmark share. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "ring_bench.h"

#include <stdio.h>

enum bench_topology {
  BENCH_THROUGHPUT,
  BENCH_ROUNDTRIP,
  BENCH_BURSTS,
  BENCH_ONEWAY,
  BENCH_BROADCAST,      /* the writer as fast as it can: records are lost */
  BENCH_BROADCAST_PACED /* the writer kept from overtaking the observer */
};
enum bench_regime { BENCH_NEAR, BENCH_FAR, BENCH_MIXED, BENCH_REGIMES };

enum {
  BENCH_SAMPLES_MAX = 128,
  BENCH_VALUES = 4, /* a sample of trips has p50, p99, p99.9 and the longest */
  BENCH_CASES_MAX = 256,
  BENCH_HOPS = 3 /* cases of a hop: between threads, between processes, between threads again */
};

/* One ring in one topology, and its samples. */
typedef struct bench_case {
  const bench_ring *ring;
  enum bench_topology topology;
  uint64_t capacity;
  uint64_t batch;
  int sample_count;
  int disturbed_count; /* samples thrown away */
  double value[BENCH_SAMPLES_MAX][BENCH_VALUES];
  double raw_ns[BENCH_SAMPLES_MAX];
  enum bench_regime regime[BENCH_SAMPLES_MAX];
} bench_case;

/* pingpong.c: `count` round trips; the asking side's times in TSC ticks. */
void pingpong_ask(uint64_t count, uint32_t *trips);
void pingpong_answer(uint64_t count);

/* duo.c: the two pinned sides of each sample. */
void duo_start(int producer_cpu, int consumer_cpu);
/* Takes one sample. False: a side was taken off its core, and the sample was thrown away. */
bool duo_sample(bench_case *one, uint64_t records, uint64_t trips);
void duo_stop(void);
double duo_ns_per_tick(void);

/* ring_swift.c: the Swift face, whose loops are a library of their own; NULL: not there. */
const bench_ring *swift_load(const char *path);
/* The same of the broadcast ring; after swift_load succeeded. */
const bench_ring *swift_broadcast(void);

/* main.c: a topology's name. */
const char *topology_name(enum bench_topology topology);

/* report.c */
int report_json(const bench_case *cases, int count, const char *path);
void report_table(const bench_case *cases, int count);
/* Of cases that come in groups of BENCH_HOPS. */
void report_hops(const bench_case *cases, int count);

#endif
