/* ticks.c: a producer and a consumer of ticks in C.
 *
 *   cc ticks.c $(pkg-config --cflags --libs tickring) -o ticks
 *   ticks produce NAME COUNT    makes the ring NAME and publishes into it
 *   ticks consume NAME COUNT    takes from it, then removes it
 *
 * The ones in C++, Python and Swift do the same, and any two of them work together.
 */
#define _GNU_SOURCE
#include <tickring.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int error) {
  if (!error) return;
  fprintf(stderr, "ticks: %s\n", tickring_error_text(error));
  exit(1);
}

static void produce(const char *name, uint64_t count) {
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1024};
  tickring_region region;
  tickring_producer producer;
  must(tickring_create("/dev/shm", name, &options, &region));
  must(tickring_producer_open(&region, &producer, NULL));
  for (uint64_t i = 0; i < count; i++) {
    tickring_words tick =
        tickring_words_of(i, 1u << 4 | TICKRING_TRADE, 100 + (double)(i % 8) / 8,
                          (uint32_t)(1 + i % 100));
    while (!tickring_publish(&producer, tick, 0)) sched_yield(); /* full: this one waits */
    if (i % 64 == 63) tickring_wake(&producer);
  }
  tickring_wake(&producer);
  tickring_producer_close(&producer);
}

static void consume(const char *name, uint64_t count) {
  tickring_wait_options wait = {.policy = TICKRING_WAIT_SLEEP};
  tickring_region region;
  tickring_consumer consumer;
  int error;
  /* The producer may not have made it yet. */
  for (int tries = 0; (error = tickring_attach("/dev/shm", name, TICKRING_REGION_TICKS, &region));
       tries++) {
    if (tries == 1000) must(error);
    usleep(10000);
  }
  must(tickring_consumer_open(&region, &consumer, NULL));
  uint64_t taken = 0, volume = 0;
  double turnover = 0;
  while (taken < count) {
    tickring_tick tick;
    if (!tickring_poll(&consumer, &tick)) {
      if (tickring_wait(&consumer, &wait) == TICKRING_WAIT_PEER_GONE) break;
      continue;
    }
    MarketDataRecord record;
    memcpy(&record, tick.word, sizeof record);
    taken += 1;
    volume += record.quantity;
    turnover += record.price * record.quantity;
  }
  printf("%llu ticks, volume %llu, vwap %.6f\n", (unsigned long long)taken,
         (unsigned long long)volume, turnover / (double)volume);
  tickring_consumer_close(&consumer);
  must(tickring_remove("/dev/shm", name));
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  uint64_t count = strtoull(argv[3], NULL, 10);
  if (strcmp(argv[1], "produce") == 0) produce(argv[2], count);
  else consume(argv[2], count);
  return 0;
}
