/* relay-ring.c: both ends of a relay's test. One end makes a ring and its directory and fills them,
 * the other empties a ring that somebody else makes; each writes the records to a file.
 *
 *   relay-ring fill DIRECTORY NAME COUNT FILE   makes NAME.ticks.0 and NAME.directory, and waits at
 *                                               the end until all is consumed
 *   relay-ring drain DIRECTORY NAME COUNT FILE  takes COUNT records from NAME.ticks.0, or what
 *                                               comes before 20 s of silence
 *
 * What a receiver says of its own lines (status ticks of instrument 0) is left out of the file and
 * counted. Exit 0: all records. Times are given, not waited for: 200 ticks a millisecond.
 */
#include "tickring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INSTRUMENTS = 500, NAME_SLOTS = 1024, RING_SLOTS = 65536, BURST = 200 };
static const uint64_t ms_ns = 1000000;

static uint64_t now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pause_ns(uint64_t ns) {
  struct timespec time = {.tv_sec = 0, .tv_nsec = (long)ns};
  (void)nanosleep(&time, NULL);
}

static int failed(const char *what, int error) {
  fprintf(stderr, "relay-ring: %s: %s\n", what, tickring_error_text(error));
  return 1;
}

static uint64_t mix(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001B3u; }

/* The directory's layout is that of Sources/TickRing/Directory.swift. */
static void add_instrument(uint64_t *words, uint32_t number) {
  char name[9];
  uint64_t symbol, venue;
  snprintf(name, sizeof name, "S%-7u", number);
  memcpy(&symbol, name, 8);
  memcpy(&venue, "IEX     ", 8);
  words[number * 4] = symbol;
  words[number * 4 + 1] = venue;
  words[0] = 1;
  words[1] = mix(mix(number == 1 ? 0xCBF29CE484222325u : words[1], symbol), venue);
  tickring_store_release(words + 3, number);
}

static int make(const char *directory, const char *name, const char *suffix, uint32_t kind,
                uint64_t capacity, tickring_region *region) {
  char full[128];
  tickring_options options = {.kind = kind, .capacity = capacity};
  snprintf(full, sizeof full, "%s.%s", name, suffix);
  return tickring_create(directory, full, &options, region);
}

/* A trade or a quote; returns how many ticks. New instruments come as time goes by. */
static int make_ticks(uint64_t i, uint64_t count, uint64_t *names, tickring_words *ticks) {
  uint64_t known = 1 + i * INSTRUMENTS / count;
  uint32_t instrument = (uint32_t)(1 + (i * 2654435761u >> 8) % known);
  uint32_t shares = (uint32_t)i + 1;
  uint64_t time = now_ns(CLOCK_REALTIME);
  double price = 100 + (double)(i % 100) / 100;
  while (tickring_load_acquire(names + 3) < instrument)
    add_instrument(names, (uint32_t)tickring_load_acquire(names + 3) + 1);
  if (i % 3 == 0 || i + 1 == count) {
    ticks[0] = tickring_words_of(time, instrument << 4 | TICKRING_TRADE, price, shares);
    return 1;
  }
  ticks[0] = tickring_words_of(time, instrument << 4 | TICKRING_BID, price, shares);
  ticks[1] = tickring_words_of(time, instrument << 4 | TICKRING_ASK, price + 0.01, shares);
  return 2;
}

static void publish(tickring_producer *producer, const tickring_words *ticks, int count) {
  for (;;) { /* full: this one waits for the relay */
    bool done = count == 1 ? tickring_publish(producer, ticks[0], 0)
                           : tickring_publish_pair(producer, ticks[0], ticks[1], 0);
    if (done) return;
    pause_ns(ms_ns / 10);
  }
}

static int fill(const char *directory, const char *name, uint64_t count, FILE *file) {
  tickring_region ring, names;
  tickring_producer producer;
  uint64_t owner = 0, done = 0;
  int error = make(directory, name, "directory", TICKRING_REGION_DIRECTORY, NAME_SLOTS, &names);
  if (!error) error = make(directory, name, "ticks.0", TICKRING_REGION_TICKS, RING_SLOTS, &ring);
  if (!error) error = tickring_producer_open(&ring, &producer, &owner);
  if (error) return failed("cannot make the ring", error);
  for (uint64_t burst = 0; done < count; ) {
    tickring_words ticks[2];
    int made = make_ticks(done, count, (uint64_t *)(void *)names.body, ticks);
    publish(&producer, ticks, made);
    fwrite(ticks, sizeof ticks[0], (size_t)made, file);
    done += (uint64_t)made;
    if (done / BURST > burst) {
      burst = done / BURST;
      pause_ns(ms_ns);
    }
  }
  while (tickring_load_acquire(&producer.header->position) < done) pause_ns(ms_ns);
  printf("filled %llu\n", (unsigned long long)done);
  return 0;
}

static int attach(const char *directory, const char *name, tickring_consumer *consumer) {
  char full[128];
  tickring_region ring;
  uint64_t owner = 0;
  int error = 0;
  snprintf(full, sizeof full, "%s.ticks.0", name);
  for (int tries = 0; tries < 20000; tries++) { /* whoever makes it may not have yet */
    error = tickring_attach(directory, full, TICKRING_REGION_TICKS, &ring);
    if (!error) return tickring_consumer_open(&ring, consumer, &owner);
    pause_ns(ms_ns);
  }
  return error;
}

static int drain(const char *directory, const char *name, uint64_t count, FILE *file) {
  tickring_consumer consumer;
  tickring_tick tick;
  int error = attach(directory, name, &consumer);
  if (error) return failed("cannot consume the ring", error);
  uint64_t taken = 0, status = 0, last = now_ns(CLOCK_MONOTONIC);
  while (taken < count && now_ns(CLOCK_MONOTONIC) - last < 20000 * ms_ns) {
    if (!tickring_poll(&consumer, &tick)) {
      pause_ns(ms_ns / 10);
      continue;
    }
    last = now_ns(CLOCK_MONOTONIC);
    if ((uint32_t)tick.word[1] == TICKRING_STATUS) {
      status++;
      continue;
    }
    fwrite(tick.word, 24, 1, file);
    taken++;
  }
  printf("drained %llu, status %llu\n", (unsigned long long)taken, (unsigned long long)status);
  return taken == count ? 0 : 1;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  FILE *file = fopen(argv[5], "wb");
  if (!file) return 2;
  uint64_t count = strtoull(argv[4], NULL, 10);
  int result = strcmp(argv[1], "fill") == 0 ? fill(argv[2], argv[3], count, file)
                                            : drain(argv[2], argv[3], count, file);
  return fclose(file) == 0 ? result : 1;
}
