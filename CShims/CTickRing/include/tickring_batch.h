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
 * Or whole, each slot touched once, which is up to a half faster; `make` and `take` are inlined
 * where they are known:
 *
 *   sent = tickring_publish_each(&producer, 8, stamp, make, context);
 *   seen = tickring_poll_each(&consumer, 32, take, context);
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

/* The commit word of `sequence`: the last of its slot. */
static inline uint64_t *tickring_word_at(unsigned char *slots, uint64_t mask, uint64_t sequence,
                                         size_t slot_bytes) {
  unsigned char *end = slots + ((sequence & mask) + 1) * slot_bytes;
  return (uint64_t *)(void *)(end - sizeof(uint64_t));
}

static inline void tickring_commit_slots(tickring_producer *producer, uint64_t count,
                                         uint32_t received_16ns, size_t slot_bytes) {
  uint64_t next = producer->next, mask = producer->mask;
  unsigned char *slots = producer->slots;
  if (count > producer->limit - next) __builtin_trap();
  if (count == 0) return;
  for (uint64_t i = 1; i < count; i++)
    tickring_store_relaxed(tickring_word_at(slots, mask, next + i, slot_bytes),
                           tickring_word(next + i, received_16ns));
  /* PUBLISH: the first word last, so that the batch appears whole. */
  tickring_store_release(tickring_word_at(slots, mask, next, slot_bytes),
                         tickring_word(next, received_16ns));
  producer->next = next + count;
}

/* Commits the first `count` slots of a claim: they appear together. More than were granted is a
 * programmer's error: of what was not set, what is there from the last turn would appear. More than
 * are known to be free might overwrite what the consumer has not read: that alone traps. */
static inline void tickring_commit(tickring_producer *producer, uint64_t count,
                                   uint32_t received_16ns) {
  tickring_commit_slots(producer, count, received_16ns, sizeof(tickring_slot32));
}

/* Looks at no slot twice: a broken producer that goes on writing words, whoever reads, would be
 * found more often than it has slots, and an advance past that is a programmer's error. */
static inline uint64_t tickring_peek_slots(tickring_consumer *consumer, uint64_t count,
                                           size_t slot_bytes) {
  uint64_t next = consumer->next, mask = consumer->mask, found = 0;
  uint64_t most = count <= mask ? count : mask + 1;
  unsigned char *slots = consumer->slots;
  while (found < most) {
    const uint64_t *at = tickring_word_at(slots, mask, next + found, slot_bytes);
    uint64_t word = tickring_load_acquire(at); /* PUBLISH */
    if ((uint32_t)word != (uint32_t)(next + found + 1)) break;
    found++;
  }
  consumer->found_end = next + found;
  if (found == 0) tickring_share_idle(consumer);
  return found;
}

/* How many ticks are published ahead, up to `count`; none of them is advanced past. */
static inline uint64_t tickring_peek(tickring_consumer *consumer, uint64_t count) {
  return tickring_peek_slots(consumer, count, sizeof(tickring_slot32));
}

/* Slot `i` of those peeked at, where it lies: valid until the advance. */
static inline const tickring_slot32 *tickring_peeked(const tickring_consumer *consumer,
                                                     uint64_t i) {
  return tickring_slot32_at(consumer->slots, consumer->mask, consumer->next + i);
}

/* Advances past the next `count` ticks, which were found. */
static inline void tickring_pass(tickring_consumer *consumer, uint64_t count) {
  uint64_t before = consumer->next;
  consumer->next = before + count;
  tickring_store_release(&consumer->header->position, consumer->next); /* RETURN, on demand */
  if (((before ^ consumer->next) & ~consumer->share_mask) != 0)
    tickring_store_release(&consumer->header->head, consumer->next); /* RETURN */
}

/* Advances past the first `count` of those peeked at: the producer may overwrite them. More than
 * the last peek found, and nobody polled since, would skip as many to come: that traps. */
static inline void tickring_advance(tickring_consumer *consumer, uint64_t count) {
  uint64_t found = consumer->found_end - consumer->next;
  if (count > 0 && (count > found || found > consumer->mask + 1)) __builtin_trap();
  tickring_pass(consumer, count);
}

/* Slot `sequence` of a batch that is committed whole: record and word, which the consumer does not
 * look at while the batch's first word is missing. Not for a claim that may be given up: its words
 * would be found by whoever publishes before them. */
static inline void tickring_place(unsigned char *slots, uint64_t mask, uint64_t sequence,
                                  tickring_words record, uint32_t received_16ns) {
  tickring_slot32 *slot = tickring_slot32_at(slots, mask, sequence);
  slot->record[0] = record.word[0];
  slot->record[1] = record.word[1];
  slot->record[2] = record.word[2];
  tickring_store_relaxed(&slot->word, tickring_word(sequence, received_16ns));
}

/* Commits a batch whose first slot was set and whose others were placed: all that were granted. */
static inline void tickring_commit_placed(tickring_producer *producer, uint64_t count,
                                          uint32_t received_16ns) {
  uint64_t next = producer->next;
  tickring_slot32 *first = tickring_slot32_at(producer->slots, producer->mask, next);
  tickring_store_release(&first->word, tickring_word(next, received_16ns)); /* PUBLISH */
  producer->next = next + count;
}

/* Publishes up to `count` ticks that appear together, `make(context, i)` being the i-th; how many,
 * 0 when full. `make` must return, and must not use this producer. The first line is written last,
 * and so once: a consumer that waits for the first word takes that line away again and again. */
static inline uint64_t tickring_publish_each(tickring_producer *producer, uint64_t count,
                                             uint32_t received_16ns,
                                             tickring_words (*make)(void *context, uint64_t i),
                                             void *context) {
  uint64_t granted = tickring_claim(producer, count);
  uint64_t next = producer->next, mask = producer->mask;
  unsigned char *slots = producer->slots;
  if (granted == 0) return 0;
  tickring_words first = make(context, 0);
  if (granted > 1) {
    tickring_words second = make(context, 1);
    for (uint64_t i = 2; i < granted; i++)
      tickring_place(slots, mask, next + i, make(context, i), received_16ns);
    tickring_place(slots, mask, next + 1, second, received_16ns);
  }
  tickring_set(producer, 0, first);
  tickring_commit_placed(producer, granted, received_16ns);
  return granted;
}

/* The tick of `sequence`, if it is published: expected, so that what is done with it is in the
 * loop, and not behind a jump there and one back. With two jumps a record the rate hung on where
 * the linker put the loop: a third less at one address in four. */
static inline bool tickring_look(unsigned char *slots, uint64_t mask, uint64_t sequence,
                                 tickring_tick *tick) {
  const tickring_slot32 *slot = tickring_slot32_at(slots, mask, sequence);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  if (__builtin_expect((uint32_t)word != (uint32_t)(sequence + 1), 0)) return false;
  tick->word[0] = slot->record[0];
  tick->word[1] = slot->record[1];
  tick->word[2] = slot->record[2];
  tick->commit = word;
  return true;
}

/* Where a batch that would end at `last` is advanced past first: no further than where the head is
 * shared next, so that a long batch does not keep the room of a small ring from the producer. */
static inline uint64_t tickring_part_end(const tickring_consumer *consumer, uint64_t last) {
  uint64_t end = (consumer->next | consumer->share_mask) + 1;
  return end - consumer->next < last - consumer->next ? end : last;
}

/* Ends a batch that began at `first` where the slot of `next` is not published; how many it has. */
static inline uint64_t tickring_poll_stop(tickring_consumer *consumer, uint64_t first,
                                          uint64_t next) {
  if (next == first)
    tickring_share_idle(consumer);
  else
    tickring_pass(consumer, next - consumer->next);
  return next - first;
}

/* Hands up to `count` ticks to `take`, in order, and advances past each eighth of the capacity and
 * past the last; how many there were. `take` must return, and must not use this consumer. What
 * a consumer that dies in here was handed since the last advance its successor is handed again: at
 * most min(count, max(1, capacity / 8)). */
static inline uint64_t tickring_poll_each(tickring_consumer *consumer, uint64_t count,
                                          void (*take)(void *context, uint64_t i,
                                                       const tickring_tick *tick),
                                          void *context) {
  uint64_t first = consumer->next, next = first, last = first + count, mask = consumer->mask;
  unsigned char *slots = consumer->slots;
  tickring_tick tick;
  do {
    for (uint64_t end = tickring_part_end(consumer, last); next != end; next++) {
      if (!tickring_look(slots, mask, next, &tick))
        return tickring_poll_stop(consumer, first, next);
      take(context, next - first, &tick);
    }
    tickring_pass(consumer, next - consumer->next);
  } while (next != last);
  return count;
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
  tickring_commit_slots(producer, count, received_16ns, sizeof(tickring_slot64));
}

static inline uint64_t tickring_peek64(tickring_consumer *consumer, uint64_t count) {
  return tickring_peek_slots(consumer, count, sizeof(tickring_slot64));
}

static inline const tickring_slot64 *tickring_peeked64(const tickring_consumer *consumer,
                                                       uint64_t i) {
  return tickring_slot64_at(consumer->slots, consumer->mask, consumer->next + i);
}

#endif
