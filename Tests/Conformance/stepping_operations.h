/* stepping_operations.h: what the traced child of stepping.c does, right and wrong. */
#ifndef STEPPING_OPERATIONS_H
#define STEPPING_OPERATIONS_H

#include "stream.h"

#define BATCH 3
#define CAPACITY_MAX 512

/* What the child leaves behind of its own: in memory that its parent shares. */
typedef struct hand {
  uint64_t committed;             /* producer, writer: records whose call has returned */
  uint64_t records[2 * BATCH][8]; /* consumer: what it was given */
} hand;

enum side { PRODUCES, CONSUMES, WRITES };

typedef struct ends {
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_writer writer;
  tickring_region region; /* of an operation that opens its end itself */
  hand *hand;
  uint64_t made[BATCH][STREAM_WORDS_MAX]; /* what is to be written: made before the stepping */
} ends;

enum { OWNER_FIRST = 1, OWNER_CHILD = 2, OWNER_SUCCESSOR = 3 };

static tickring_words made_tick(const ends *self, uint64_t i) {
  const uint64_t *word = self->made[i];
  return (tickring_words){{word[0], word[1], word[2]}};
}

static void publish_twice(ends *self) {
  for (uint64_t turn = 0; turn < 2; turn++)
    if (tickring_publish(&self->producer, made_tick(self, turn), 7))
      self->hand->committed += 1;
}

static void publish_pair(ends *self) {
  if (tickring_publish_pair(&self->producer, made_tick(self, 0), made_tick(self, 1), 7))
    self->hand->committed += 2;
}

/* Claims and sets, and says whether the batch fits. */
static bool set_batch(ends *self) {
  if (tickring_claim(&self->producer, BATCH) < BATCH) return false;
  for (uint64_t i = 0; i < BATCH; i++)
    tickring_set(&self->producer, i, made_tick(self, i));
  return true;
}

static void commit_batch(ends *self) {
  if (!set_batch(self)) return;
  tickring_commit(&self->producer, BATCH, 7);
  self->hand->committed += BATCH;
}

static tickring_words make_one(void *context, uint64_t i) {
  return made_tick((const ends *)context, i);
}

/* Only a batch that is granted whole is asked for: a smaller one appears whole, too. */
static void publish_each(ends *self) {
  if (!tickring_has_room(&self->producer, BATCH)) return;
  self->hand->committed += tickring_publish_each(&self->producer, BATCH, 7, make_one, self);
}

static void publish64_twice(ends *self) {
  for (uint64_t turn = 0; turn < 2; turn++)
    if (tickring_publish64(&self->producer, self->made[turn], 7)) self->hand->committed += 1;
}

static void commit_batch64(ends *self) {
  if (tickring_claim(&self->producer, BATCH) < BATCH) return;
  for (uint64_t i = 0; i < BATCH; i++) tickring_set64(&self->producer, i, self->made[i]);
  tickring_commit64(&self->producer, BATCH, 7);
  self->hand->committed += BATCH;
}

/* The takeover itself: withdraws what a predecessor left half-written, then publishes. */
static void succeed_producer(ends *self) {
  if (tickring_producer_open(&self->region, &self->producer, NULL) != TICKRING_OK) return;
  if (tickring_publish(&self->producer, made_tick(self, 0), 7)) self->hand->committed += 1;
}

static void poll_thrice(ends *self) {
  for (int turn = 0; turn < 3; turn++)
    (void)tickring_poll(&self->consumer, (tickring_tick *)self->hand->records[turn]);
}

static void poll64_thrice(ends *self) {
  for (int turn = 0; turn < 3; turn++)
    (void)tickring_poll64(&self->consumer, self->hand->records[turn]);
}

static void peek_and_advance(ends *self) {
  uint64_t found = tickring_peek(&self->consumer, BATCH);
  for (uint64_t i = 0; i < found; i++)
    memcpy(self->hand->records[i], tickring_peeked(&self->consumer, i)->record, 24);
  if (found > 0) tickring_advance(&self->consumer, found);
}

static void take_one(void *context, uint64_t i, const tickring_tick *tick) {
  memcpy(((ends *)context)->hand->records[i], tick->word, sizeof tick->word);
}

static void poll_each(ends *self) {
  (void)tickring_poll_each(&self->consumer, BATCH, take_one, self);
}

static void peek64_and_advance(ends *self) {
  uint64_t found = tickring_peek64(&self->consumer, BATCH);
  for (uint64_t i = 0; i < found; i++)
    memcpy(self->hand->records[i], tickring_peeked64(&self->consumer, i)->record, 56);
  if (found > 0) tickring_advance(&self->consumer, found);
}

static void succeed_consumer(ends *self) {
  if (tickring_consumer_open(&self->region, &self->consumer, NULL) != TICKRING_OK) return;
  (void)tickring_poll(&self->consumer, (tickring_tick *)self->hand->records[0]);
}

static void broadcast_twice(ends *self) {
  for (uint64_t turn = 0; turn < 2; turn++) {
    tickring_broadcast(&self->writer, made_tick(self, turn), 7);
    self->hand->committed += 1;
  }
}

static void broadcast_each(ends *self) {
  tickring_broadcast_each(&self->writer, BATCH, 7, make_one, self);
  self->hand->committed += BATCH;
}

static void succeed_writer(ends *self) {
  if (tickring_writer_open(&self->region, &self->writer, NULL) != TICKRING_OK) return;
  tickring_broadcast(&self->writer, made_tick(self, 0), 7);
  self->hand->committed += 1;
}

/* The mistakes. Each must be found out, or the test proves nothing of what is right. */

static void mistake_word_first(ends *self) {
  tickring_producer *producer = &self->producer;
  if (tickring_claim(producer, 1) == 0) return;
  tickring_words record = made_tick(self, 0);
  tickring_slot32 *slot = tickring_claimed(producer, 0);
  tickring_store_release(&slot->word, tickring_word(producer->next, 7));
  for (int i = 0; i < 3; i++) tickring_store_release(&slot->record[i], record.word[i]);
  producer->next += 1;
  self->hand->committed += 1;
}

static void mistake_first_word_first(ends *self) {
  tickring_producer *producer = &self->producer;
  if (!set_batch(self)) return;
  for (uint64_t i = 0; i < BATCH; i++)
    tickring_store_release(&tickring_claimed(producer, i)->word,
                           tickring_word(producer->next + i, 7));
  producer->next += BATCH;
  self->hand->committed += BATCH;
}

static void mistake_advance_before_copy(ends *self) {
  tickring_consumer *consumer = &self->consumer;
  if (tickring_peek(consumer, 1) == 0) return;
  const tickring_slot32 *slot = tickring_peeked(consumer, 0);
  tickring_advance(consumer, 1);
  for (int i = 0; i < 3; i++)
    tickring_store_release(&self->hand->records[0][i], slot->record[i]);
}

/* As a ring does that knows only the lazily shared head. */
static void mistake_no_position(ends *self) {
  for (uint64_t i = 0; i < BATCH && tickring_peek(&self->consumer, i + 1) == i + 1; i++)
    memcpy(self->hand->records[i], tickring_peeked(&self->consumer, i)->record, 24);
}

/* Tells a producer that reads the head of room in a slot that a successor would still poll. */
static void mistake_head_first(ends *self) {
  tickring_consumer *consumer = &self->consumer;
  for (uint64_t i = 0; i < BATCH && tickring_peek(consumer, 1) == 1; i++) {
    memcpy(self->hand->records[i], tickring_peeked(consumer, 0)->record, 24);
    tickring_store_release(&consumer->header->head, consumer->next + 1);
    tickring_advance(consumer, 1);
  }
}

static void mistake_no_announcement(ends *self) {
  tickring_writer *writer = &self->writer;
  tickring_words record = made_tick(self, 0);
  tickring_slot32 *slot = tickring_slot32_at(writer->slots, writer->mask, writer->next);
  for (int i = 0; i < 3; i++) tickring_store_release(&slot->record[i], record.word[i]);
  tickring_store_release(&slot->word, tickring_word(writer->next, 7));
  self->hand->committed += 1;
}

/* A successor that goes on at the first free slot and withdraws nothing. */
static int open_without_withdrawal(tickring_region *region, tickring_producer *producer) {
  uint64_t words[CAPACITY_MAX];
  uint64_t position = region->header->position;
  for (uint64_t i = 0; i < region->capacity; i++)
    words[i] = tickring_slot32_at(region->body, region->capacity - 1, position + i)->word;
  int error = tickring_producer_open(region, producer, NULL);
  for (uint64_t i = 0; !error && i < producer->mask + 1; i++)
    tickring_slot32_at(producer->slots, producer->mask, position + i)->word = words[i];
  return error;
}

#endif
