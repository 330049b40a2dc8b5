/* litmus.c: the ring's promises, in plain C, for gcc, clang, TSan, ASan and UBSan.
 *
 * Two threads on one mapping (TSan sees nothing across two), small capacities so that full and
 * empty are met all the time, one whose producer asks the lazily shared head (that of a small ring
 * does not), and sequences that cross 2^32.
 *
 * Outcomes forbidden: a tick out of order, twice, never, or torn; a pair of which only the first
 * is there; an overwritten slot. Anything else is allowed.
 *
 * Batches larger than two go through claim / commit and peek / advance; a batch of which only a
 * part is there when its first is, is as forbidden as half a pair.
 *
 * Of a small ring each tick waits for the other side, which beside busy cores takes a turn of the
 * scheduler: so a case is tried in short runs, once at least, and again as long as there is time.
 *
 *   litmus [TICKS]   per case; default 200000
 */
#include "stream.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const time_t patience_s = 30; /* in all; what is left then is tried once */
static uint64_t ticks; /* of one run of a case */

typedef struct side {
  tickring_producer producer;
  tickring_consumer consumer;
  int batch;  /* ticks or records that appear together */
  bool is_64; /* order records */
  uint64_t seed;
} side;

static void fail(const char *what, uint64_t number, uint64_t seen) {
  fprintf(stderr, "litmus: %s at %llu: %llx\n", what, (unsigned long long)number,
          (unsigned long long)seen);
  exit(1);
}

static void pause_now_and_then(uint64_t *seed) {
  if ((stream_draw(seed) & 255) == 0) sched_yield();
}

static tickring_words words_of(uint64_t number) {
  return tickring_words_of(number, (uint32_t)number * 7u, (double)number, (uint32_t)~number);
}

static void record_of(uint64_t number, uint64_t record[7]) {
  for (uint64_t i = 0; i < 7; i++) record[i] = number * 7 + i;
}

static tickring_words make(void *first, uint64_t i) {
  return words_of(*(const uint64_t *)first + i);
}

/* A whole batch, or nothing yet. Ticks in turns in one call and in steps. */
static bool publish_batch(side *self, uint64_t number) {
  uint64_t count = (uint64_t)self->batch;
  if (tickring_claim(&self->producer, count) < count) return false;
  if (!self->is_64 && number / count % 2 == 0)
    return tickring_publish_each(&self->producer, count, (uint32_t)number, make, &number) == count;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t record[7];
    record_of(number + i, record);
    if (self->is_64)
      tickring_set64(&self->producer, i, record);
    else
      tickring_set(&self->producer, i, words_of(number + i));
  }
  if (self->is_64)
    tickring_commit64(&self->producer, count, (uint32_t)number);
  else
    tickring_commit(&self->producer, count, (uint32_t)number);
  return true;
}

static bool publish(side *self, uint64_t number) {
  uint64_t record[7];
  if (self->batch > 2) return publish_batch(self, number);
  record_of(number, record);
  if (self->is_64) return tickring_publish64(&self->producer, record, (uint32_t)number);
  if (self->batch == 1) return tickring_publish(&self->producer, words_of(number), 1);
  return tickring_publish_pair(&self->producer, words_of(number), words_of(number + 1), 1);
}

static void *produce(void *context) {
  side *self = (side *)context;
  for (uint64_t number = 0; number < ticks; number += (uint64_t)self->batch) {
    while (!publish(self, number)) sched_yield();
    pause_now_and_then(&self->seed);
  }
  return NULL;
}

static uint64_t sum_of(const uint64_t *word, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) sum = (sum ^ word[i]) * UINT64_C(0x100000001B3);
  return sum;
}

static uint64_t consume_tick(side *self, uint64_t number) {
  tickring_tick tick;
  bool is_second = number % (uint64_t)self->batch != 0;
  while (!tickring_poll(&self->consumer, &tick)) {
    if (is_second) fail("part of a batch", number, 0);
    sched_yield();
  }
  tickring_words expected = words_of(number);
  if (memcmp(expected.word, tick.word, sizeof tick.word) != 0)
    fail("order or tear", number, tick.word[0]);
  return sum_of(tick.word, 3);
}

static uint64_t consume_record(side *self, uint64_t number) {
  uint64_t record[7];
  bool is_second = number % (uint64_t)self->batch != 0;
  while (!tickring_poll64(&self->consumer, record)) {
    if (is_second) fail("part of a batch", number, 0);
    sched_yield();
  }
  for (uint64_t i = 0; i < 7; i++)
    if (record[i] != number * 7 + i) fail("order or tear", number, record[i]);
  return sum_of(record, 7);
}

/* One of those peeked at, as it lies in the ring. */
static uint64_t look_at(side *self, uint64_t i, uint64_t number) {
  uint64_t words[7];
  if (self->is_64) {
    record_of(number, words);
    const uint64_t *record = tickring_peeked64(&self->consumer, i)->record;
    if (memcmp(record, words, sizeof words) != 0) fail("order or tear", number, record[0]);
    return sum_of(record, 7);
  }
  tickring_words expected = words_of(number);
  const uint64_t *record = tickring_peeked(&self->consumer, i)->record;
  if (memcmp(record, expected.word, sizeof expected.word) != 0)
    fail("order or tear", number, record[0]);
  return sum_of(record, 3);
}

typedef struct taking {
  uint64_t number;
  uint64_t *sum;
} taking;

static void take(void *context, uint64_t i, const tickring_tick *tick) {
  taking *self = (taking *)context;
  tickring_words expected = words_of(self->number + i);
  if (memcmp(expected.word, tick->word, sizeof tick->word) != 0)
    fail("order or tear", self->number + i, tick->word[0]);
  *self->sum += sum_of(tick->word, 3);
}

/* Polls up to 100 ticks in one call. */
static uint64_t consume_each(side *self, uint64_t number, uint64_t *sum) {
  uint64_t found;
  taking context = {number, sum};
  while ((found = tickring_poll_each(&self->consumer, 100, take, &context)) == 0) sched_yield();
  if (found != 100 && (number + found) % (uint64_t)self->batch != 0)
    fail("part of a batch", number, found);
  return found;
}

/* Peeks at up to 100, which is never all of the larger rings; how many it took. */
static uint64_t consume_ahead(side *self, uint64_t number, uint64_t *sum) {
  uint64_t found;
  while ((found = self->is_64 ? tickring_peek64(&self->consumer, 100)
                              : tickring_peek(&self->consumer, 100)) == 0)
    sched_yield();
  bool is_whole = found == 100 || (number + found) % (uint64_t)self->batch == 0;
  if (!is_whole) fail("part of a batch", number, found);
  for (uint64_t i = 0; i < found; i++) *sum += look_at(self, i, number + i);
  tickring_advance(&self->consumer, found);
  return found;
}

/* Batches are consumed ahead and one at a time in turns, so that both see both. */
static uint64_t consume(side *self, uint64_t number, uint64_t *sum) {
  if (self->batch > 2 && !self->is_64 && number / 512 % 4 == 0)
    return consume_each(self, number, sum);
  if (self->batch > 2 && number / 512 % 2 == 0) return consume_ahead(self, number, sum);
  *sum += self->is_64 ? consume_record(self, number) : consume_tick(self, number);
  return 1;
}

static void open_both(side *self, uint64_t capacity, uint64_t start) {
  tickring_options options;
  tickring_region region, other;
  char name[64];
  memset(&options, 0, sizeof options);
  options.kind = self->is_64 ? TICKRING_REGION_ORDERS : TICKRING_REGION_TICKS;
  options.capacity = capacity;
  snprintf(name, sizeof name, "tickring-litmus-%d", (int)getpid());
  int error = tickring_create("/dev/shm", name, &options, &region);
  if (!error) stream_start_at(&region, start);
  if (!error) error = tickring_duplicate(&region, &other);
  (void)tickring_remove("/dev/shm", name);
  if (!error) error = tickring_producer_open(&region, &self->producer, NULL);
  if (!error) error = tickring_consumer_open(&other, &self->consumer, NULL);
  if (error) {
    fprintf(stderr, "litmus: %s\n", tickring_error_text(error));
    exit(2);
  }
  /* Both sides through one mapping, which is what TSan can follow. */
  self->consumer.header = self->producer.header;
  self->consumer.slots = self->producer.slots;
}

static void run_case(uint64_t capacity, int batch, bool is_64, uint64_t start) {
  side self;
  pthread_t thread;
  memset(&self, 0, sizeof self);
  self.batch = batch;
  self.is_64 = is_64;
  self.seed = capacity;
  open_both(&self, capacity, start);
  if (pthread_create(&thread, NULL, produce, &self) != 0) exit(2);
  uint64_t seed = start + 1, sum = 0, expected = 0;
  for (uint64_t number = 0; number < ticks; pause_now_and_then(&seed))
    number += consume(&self, number, &sum);
  pthread_join(thread, NULL);
  for (uint64_t number = 0; number < ticks; number++) {
    uint64_t record[7];
    record_of(number, record);
    expected += is_64 ? sum_of(record, 7) : sum_of(words_of(number).word, 3);
  }
  if (sum != expected) fail("checksum", ticks, sum);
  if (!is_64 && !tickring_is_empty(&self.consumer)) fail("a tick too many", ticks, 0);
  tickring_producer_close(&self.producer);
  tickring_consumer_close(&self.consumer);
}

static bool is_late(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  static time_t begin;
  if (begin == 0) begin = now.tv_sec;
  return now.tv_sec - begin > patience_s;
}

static void try_case(uint64_t capacity, int batch, bool is_64, uint64_t wanted) {
  uint64_t turn = capacity * 1000;
  for (uint64_t done = 0; done < wanted && (done == 0 || !is_late()); done += ticks) {
    ticks = wanted < turn ? wanted : turn;
    ticks -= ticks % ((uint64_t)batch * 2);
    run_case(capacity, batch, is_64, 0);
    run_case(capacity, batch, is_64, (UINT64_C(1) << 32) - ticks / 2);
  }
}

int main(int argc, char **argv) {
  static const uint64_t capacities[] = {1, 2, 8, 64, 1024};
  static const int batches[] = {1, 2, 3, 8, 50};
  uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
  for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++)
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++)
      for (int is_64 = 0; is_64 < 2; is_64++) {
        if (capacities[c] < (uint64_t)batches[b]) continue; /* never fits */
        if (is_64 && batches[b] == 2) continue;             /* pairs are for ticks */
        try_case(capacities[c], batches[b], is_64, wanted);
      }
  printf("litmus: ok\n");
  return 0;
}
