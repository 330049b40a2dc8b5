/* soak_owners.h: the producers and consumers of soak.c, and what they know of their predecessors.
 */
#ifndef SOAK_OWNERS_H
#define SOAK_OWNERS_H

#include "stream.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define BATCH_MAX 8

/* Of one role, in memory that parent and children share. One writer at a time each. */
typedef struct role {
  uint64_t done;          /* sequence after the last that was published, or handled */
  uint64_t claims_begun;  /* opens begun, and opens that returned */
  uint64_t claims_done;
  uint64_t full_begun;    /* publishes counted as full, begun and counted */
  uint64_t full_done;
  uint64_t is_open;       /* this owner has opened its end */
  uint64_t again;         /* records delivered twice */
  uint64_t mode;          /* of the owner: records it takes in hand at a time; 0: poll */
  tickring_tick hand;     /* consumer: where polls go */
} role;

typedef struct board {
  role roles[2];
  uint64_t until; /* sequence to stop at, once the parent says so; else 0 */
} board;

static board *shared;
static char directory[] = "/dev/shm/tickring-soak.XXXXXX";
static const char *name = "ring";
static uint64_t seed = 1;

static void say(const char *what, uint64_t number, uint64_t other) {
  fprintf(stderr, "soak: seed %llu: %s: %llu, %llu\n", (unsigned long long)seed, what,
          (unsigned long long)number, (unsigned long long)other);
}

/* In a child: the parent sees the status, and stops all. */
static void fail(const char *what, uint64_t number, uint64_t other) {
  say(what, number, other);
  _exit(1);
}

static void must_be(bool condition, const char *what, uint64_t number, uint64_t other) {
  if (!condition) fail(what, number, other);
}

static tickring_region attach(void) {
  tickring_region region;
  int error = tickring_attach(directory, name, TICKRING_REGION_TICKS, &region);
  must_be(error == TICKRING_OK, tickring_error_text(error), (uint64_t)error, 0);
  return region;
}

static bool is_over(uint64_t next) {
  uint64_t until = tickring_load_acquire(&shared->until);
  return until != 0 && next >= until;
}

static void note(uint64_t *word, uint64_t value) { tickring_store_release(word, value); }

/* Owner in the upper half; then the record's place in its batch, and the batch's size. */
static tickring_words record_of(uint64_t sequence, uint64_t owner, uint64_t place, uint64_t size) {
  return stream_tick(sequence, owner << 32 | place << 8 | size);
}

/* A batch in the making. */
typedef struct making {
  uint64_t next, owner, size;
} making;

static tickring_words make(void *context, uint64_t i) {
  const making *self = (const making *)context;
  return record_of(self->next + i, self->owner, i, self->size);
}

/* Every other owner makes its batches in one call; none of a part, which would appear whole. */
static bool publish_some(tickring_producer *producer, uint64_t owner, uint64_t count) {
  uint64_t next = producer->next;
  if (count == 1) return tickring_publish(producer, record_of(next, owner, 0, 1), 0);
  if (count == 2)
    return tickring_publish_pair(producer, record_of(next, owner, 0, 2),
                                 record_of(next + 1, owner, 1, 2), 0);
  if (tickring_claim(producer, count) < count) return false;
  making batch = {next, owner, count};
  if (owner % 2 == 0) return tickring_publish_each(producer, count, 0, make, &batch) == count;
  for (uint64_t i = 0; i < count; i++)
    tickring_set(producer, i, record_of(next + i, owner, i, count));
  tickring_commit(producer, count, 0);
  return true;
}

static void count_full(role *self, tickring_producer *producer) {
  uint64_t full = tickring_load_relaxed(&producer->header->full);
  must_be(full >= self->full_done && full <= self->full_begun, "full went back", full,
          self->full_done);
  self->full_done = full; /* a predecessor may have died between the two */
  note(&self->full_begun, full + 1);
  tickring_count_full(producer);
  note(&self->full_done, full + 1);
}

static _Noreturn void produce(uint64_t owner, uint64_t draw) {
  role *self = &shared->roles[TICKRING_PRODUCER];
  uint64_t before = self->mode, count = 1 + stream_draw(&draw) % BATCH_MAX;
  tickring_producer producer;
  tickring_region region = attach();
  note(&self->claims_begun, self->claims_begun + 1);
  int error = tickring_producer_open(&region, &producer, NULL);
  must_be(error == TICKRING_OK, "a free role is refused a producer", (uint64_t)error, owner);
  note(&self->claims_done, self->claims_done + 1);
  uint64_t ahead = producer.next - self->done;
  must_be(ahead == 0 || ahead == before, "lost, or a phantom, after a producer", ahead, before);
  note(&self->done, producer.next);
  note(&self->mode, count);
  note(&self->is_open, 1);
  while (!is_over(producer.next)) {
    if (publish_some(&producer, owner, count)) {
      note(&self->done, producer.next);
    } else {
      count_full(self, &producer);
      sched_yield();
    }
  }
  _exit(0);
}

/* What the stream looked like so far, to one consumer. */
typedef struct watch {
  uint64_t owner, place, size; /* of the record before; size 0: none yet */
} watch;

static void check(watch *before, const uint64_t *record, uint64_t sequence) {
  must_be(stream_is_whole(record, 3), "torn", sequence, record[0]);
  must_be(record[0] == sequence, "out of order", sequence, record[0]);
  uint64_t owner = record[1] >> 32, place = record[1] >> 8 & 0xFFFFFF, size = record[1] & 0xFF;
  if (before->size != 0) {
    bool is_inside = before->place + 1 < before->size;
    must_be(is_inside ? owner == before->owner && place == before->place + 1 : place == 0,
            "part of a batch", sequence, place);
    must_be(owner >= before->owner, "a dead producer's record", sequence, owner);
  }
  *before = (watch){owner, place, size};
}

/* Between two polls of a batch there is no waiting: it is all there. */
static void must_go_on(tickring_consumer *consumer, const watch *before) {
  if (before->size != 0 && before->place + 1 < before->size)
    must_be(!tickring_is_empty(consumer), "half a batch", consumer->next, before->place);
}

static void take_one(role *self, tickring_consumer *consumer, watch *before) {
  uint64_t sequence = consumer->next;
  if (!tickring_poll(consumer, &self->hand)) {
    sched_yield();
    return;
  }
  check(before, self->hand.word, sequence);
  note(&self->done, consumer->next);
  must_go_on(consumer, before);
}

static void take_many(role *self, tickring_consumer *consumer, watch *before, uint64_t most) {
  uint64_t found = tickring_peek(consumer, most);
  for (uint64_t i = 0; i < found; i++) {
    check(before, tickring_peeked(consumer, i)->record, consumer->next + i);
    note(&self->done, consumer->next + i + 1);
  }
  if (found > 0) tickring_advance(consumer, found);
  else sched_yield();
  must_go_on(consumer, before);
}

/* A batch in the taking. */
typedef struct taking {
  role *role;
  watch *before;
  uint64_t next;
} taking;

static void take(void *context, uint64_t i, const tickring_tick *tick) {
  taking *self = (taking *)context;
  check(self->before, tick->word, self->next + i);
  note(&self->role->done, self->next + i + 1);
}

/* As many as there are: what is in hand is its part of the ring. */
static void take_each(role *self, tickring_consumer *consumer, watch *before) {
  taking batch = {self, before, consumer->next};
  if (tickring_poll_each(consumer, consumer->mask + 1, take, &batch) == 0) sched_yield();
  must_go_on(consumer, before);
}

/* What the predecessor handled against where its successor resumes. */
static void check_takeover(role *self, const tickring_consumer *consumer) {
  uint64_t ahead = consumer->next - self->done, again = self->done - consumer->next;
  if (ahead == 0) return;
  if (self->mode == 0) {
    must_be(ahead == 1, "lost at a consumer's death", ahead, self->done);
    bool is_in_hand = stream_is_whole(self->hand.word, 3) && self->hand.word[0] == self->done;
    must_be(is_in_hand, "advanced past what nobody was given", self->done, self->hand.word[0]);
    return;
  }
  must_be(again <= self->mode, "delivered twice beyond what was in hand", again, self->mode);
  note(&self->again, self->again + again);
}

static _Noreturn void consume(uint64_t owner, uint64_t draw) {
  role *self = &shared->roles[TICKRING_CONSUMER];
  uint64_t most = stream_draw(&draw) % (BATCH_MAX + 1);
  bool is_each = stream_draw(&draw) % 4 == 0;
  watch before = {0, 0, 0};
  tickring_consumer consumer;
  tickring_region region = attach();
  note(&self->claims_begun, self->claims_begun + 1);
  int error = tickring_consumer_open(&region, &consumer, NULL);
  must_be(error == TICKRING_OK, "a free role is refused a consumer", (uint64_t)error, owner);
  note(&self->claims_done, self->claims_done + 1);
  check_takeover(self, &consumer);
  note(&self->done, consumer.next);
  note(&self->mode, is_each ? consumer.share_mask + 1 : most);
  note(&self->is_open, 1);
  while (!is_over(consumer.next)) {
    if (is_each) take_each(self, &consumer, &before);
    else if (most == 0) take_one(self, &consumer, &before);
    else take_many(self, &consumer, &before, most);
  }
  _exit(0);
}

#endif
