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

#include <errno.h>
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
  printf("%llu ticks, volume %llu", (unsigned long long)taken, (unsigned long long)volume);
  if (volume > 0) printf(", vwap %.6f", turnover / (double)volume); /* of nothing there is none */
  puts("");
  tickring_consumer_close(&consumer);
  must(tickring_remove("/dev/shm", name));
}

/* Digits and nothing else: strtoull takes a sign, and stops at what it does not know. */
static bool is_count(const char *text, uint64_t *count) {
  char *end;
  errno = 0;
  *count = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

int main(int argc, char **argv) {
  uint64_t count = 0;
  bool is_producer = argc == 4 && strcmp(argv[1], "produce") == 0;
  bool is_consumer = argc == 4 && strcmp(argv[1], "consume") == 0;
  if (!(is_producer || is_consumer) || !is_count(argv[3], &count)) {
    fputs("usage: ticks produce|consume NAME COUNT\n", stderr);
    return 64;
  }
  if (is_producer) produce(argv[2], count);
  else consume(argv[2], count);
  return 0;
}
