/* peer.c: the other process of the ring tests. It attaches a tick ring, claims a role, does some
 * work, says so in one line on stdout, and then sleeps until it is killed.
 *
 *   peer DIRECTORY NAME producer COUNT   publishes COUNT ticks whose timestamp is their sequence
 *   peer DIRECTORY NAME half COUNT       the same, and then half a pair, as if killed in mid-call
 *   peer DIRECTORY NAME consumer COUNT   polls COUNT ticks
 *
 * Says "ready SEQUENCE" (the next one), or "error CODE PID".
 */
#include "tickring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(int error, uint64_t owner_pid) {
  printf("error %d %llu\n", error, (unsigned long long)owner_pid);
  return 1;
}

static uint64_t produce(tickring_producer *producer, uint64_t count, bool half) {
  for (uint64_t i = 0; i < count; i++)
    (void)tickring_publish(producer, tickring_words_of(producer->next, 0, 1.5, 7), 0);
  if (half) { /* the second slot of a pair, its word included: the first word is stored last */
    uint64_t second = producer->next + 1;
    tickring_slot32 *slot = tickring_slot32_at(producer->slots, producer->mask, second);
    slot->record[0] = 666;
    tickring_store_relaxed(&slot->word, tickring_word(second, 0));
  }
  return producer->next;
}

static uint64_t consume(tickring_consumer *consumer, uint64_t count) {
  tickring_tick tick;
  for (uint64_t i = 0; i < count; i++) (void)tickring_poll(consumer, &tick);
  return consumer->next;
}

int main(int argc, char **argv) {
  tickring_region region;
  tickring_producer producer;
  tickring_consumer consumer;
  uint64_t owner_pid = 0, next = 0;
  if (argc != 5) return 2;
  uint64_t count = strtoull(argv[4], NULL, 10);
  int error = tickring_attach(argv[1], argv[2], TICKRING_REGION_TICKS, &region);
  if (error) return fail(error, 0);
  if (strcmp(argv[3], "consumer") == 0) {
    error = tickring_consumer_open(&region, &consumer, &owner_pid);
    if (!error) next = consume(&consumer, count);
  } else {
    error = tickring_producer_open(&region, &producer, &owner_pid);
    if (!error) next = produce(&producer, count, strcmp(argv[3], "half") == 0);
  }
  if (error) return fail(error, owner_pid);
  printf("ready %llu\n", (unsigned long long)next);
  fflush(stdout);
  for (;;) pause();
}
