/* tickring_batch.h: many records at once: claim, write in place, commit; peek, read in place,
 * advance. The hot path too; for threads, lines and ordering see tickring_queue.h.
 *
 *   uint64_t granted = tickring_claim(&producer, 8);
 *   for (uint64_t i = 0; i < granted; i++) tickring_set(&producer, i, words[i]);
 *   tickring_commit(&producer, granted, stamp);
 *
 *   uint64_t found = tickring_peek(&consumer, 32);
 *   for (uint64_t i = 0; i < found; i++) use(tickring_peeked(&consumer, i)->record);
 *   tickring_advance(&consumer, found);
 *
 * A batch appears whole: the word of its first slot is stored last, and a consumer looks at no slot
 * before it has seen the words of all slots before it. A batch whose producer died before that
 * store is withdrawn by the next producer; one whose consumer died is seen again from the slot
 * after the last that was advanced past. Publishing and polling singly may be mixed with batches.
 *
 * Progress: wait-free, in as many steps as slots were asked for.
 */
#ifndef TICKRING_BATCH_H
#define TICKRING_BATCH_H

#include "tickring_queue.h"

/* Claims up to `count` slots; how many are granted, 0 when full. A claim that is not committed
 * leaves no trace, and the next one grants the same slots again. Never all of a batch that is
 * larger than the ring. */
static inline uint64_t tickring_claim(tickring_producer *producer, uint64_t count) {
  if (producer->limit - producer->next >= count) return count;
  return tickring_find_room(producer, count);
}

/* Slot `i` of a claim: write its record, not its word. Ours alone until the commit. */
static inline tickring_slot32 *tickring_claimed(tickring_producer *producer, uint64_t i) {
  return tickring_slot32_at(producer->slots, producer->mask, producer->next + i);
}

static inline void tickring_set(tickring_producer *producer, uint64_t i, tickring_words record) {
  tickring_slot32 *slot = tickring_claimed(producer, i);
  slot->record[0] = record.word[0];
  slot->record[1] = record.word[1];
  slot->record[2] = record.word[2];
}

/* Commits the first `count` slots of a claim: they appear together. More than were granted is a
 * programmer's error, which would overwrite what the consumer has not read: it traps. */
static inline void tickring_commit(tickring_producer *producer, uint64_t count,
                                   uint32_t received_16ns) {
  uint64_t next = producer->next;
  uint64_t mask = producer->mask;
  unsigned char *slots = producer->slots;
  if (count > producer->limit - next) __builtin_trap();
  if (count == 0) return;
  for (uint64_t i = 1; i < count; i++)
    tickring_store_relaxed(&tickring_slot32_at(slots, mask, next + i)->word,
                           tickring_word(next + i, received_16ns));
  /* PUBLISH: the first word last, so that the batch appears whole. */
  tickring_store_release(&tickring_claimed(producer, 0)->word, tickring_word(next, received_16ns));
  producer->next = next + count;
}

/* How many ticks are published ahead, up to `count`; none of them is advanced past. */
static inline uint64_t tickring_peek(tickring_consumer *consumer, uint64_t count) {
  uint64_t next = consumer->next, mask = consumer->mask, found = 0;
  unsigned char *slots = consumer->slots;
  while (found < count) {
    tickring_slot32 *slot = tickring_slot32_at(slots, mask, next + found);
    uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
    if ((uint32_t)word != (uint32_t)(next + found + 1)) break;
    found++;
  }
  if (found == 0) tickring_share_idle(consumer);
  return found;
}

/* Slot `i` of those peeked at, where it lies: valid until the advance. */
static inline const tickring_slot32 *tickring_peeked(const tickring_consumer *consumer,
                                                     uint64_t i) {
  return tickring_slot32_at(consumer->slots, consumer->mask, consumer->next + i);
}

/* Advances past the first `count` of those peeked at: the producer may overwrite them. */
static inline void tickring_advance(tickring_consumer *consumer, uint64_t count) {
  uint64_t before = consumer->next;
  consumer->next = before + count;
  tickring_store_release(&consumer->header->position, consumer->next); /* RETURN, on demand */
  if (((before ^ consumer->next) & ~consumer->share_mask) != 0)
    tickring_store_release(&consumer->header->head, consumer->next); /* RETURN */
}

/* The batches of 64-byte slots; claim and advance are the same calls as for ticks. */
static inline tickring_slot64 *tickring_claimed64(tickring_producer *producer, uint64_t i) {
  return tickring_slot64_at(producer->slots, producer->mask, producer->next + i);
}

static inline void tickring_set64(tickring_producer *producer, uint64_t i, const void *record) {
  tickring_slot64 *slot = tickring_claimed64(producer, i);
  __builtin_memcpy(slot->record, record, sizeof slot->record);
}

static inline void tickring_commit64(tickring_producer *producer, uint64_t count,
                                     uint32_t received_16ns) {
  uint64_t next = producer->next;
  uint64_t mask = producer->mask;
  unsigned char *slots = producer->slots;
  if (count > producer->limit - next) __builtin_trap();
  if (count == 0) return;
  for (uint64_t i = 1; i < count; i++)
    tickring_store_relaxed(&tickring_slot64_at(slots, mask, next + i)->word,
                           tickring_word(next + i, received_16ns));
  /* PUBLISH: the first word last, so that the batch appears whole. */
  tickring_store_release(&tickring_claimed64(producer, 0)->word,
                         tickring_word(next, received_16ns));
  producer->next = next + count;
}

static inline uint64_t tickring_peek64(tickring_consumer *consumer, uint64_t count) {
  uint64_t next = consumer->next, mask = consumer->mask, found = 0;
  unsigned char *slots = consumer->slots;
  while (found < count) {
    tickring_slot64 *slot = tickring_slot64_at(slots, mask, next + found);
    uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
    if ((uint32_t)word != (uint32_t)(next + found + 1)) break;
    found++;
  }
  if (found == 0) tickring_share_idle(consumer);
  return found;
}

static inline const tickring_slot64 *tickring_peeked64(const tickring_consumer *consumer,
                                                       uint64_t i) {
  return tickring_slot64_at(consumer->slots, consumer->mask, consumer->next + i);
}

#endif
