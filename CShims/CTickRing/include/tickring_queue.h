/* tickring_queue.h: the hot path. Header-only; no system call, no lock, no allocation.
 *
 * A slot is a record and a commit word, stored last. The word's low half is the low half of
 * (sequence + 1): the consumer knows from the slot alone that its record is there, so that
 * producer and consumer share no index while the ring is neither full nor empty. The high half is
 * the receive time of the packet, in units of 16 ns of CLOCK_MONOTONIC, modulo 2^32.
 *
 * Producer: writes slots; when it knows of no room, reads `head` and, when that shows none either,
 * `position`; of a small ring `position` alone.
 * Consumer: reads slots; writes `position` at each advance and `head` each eighth of the capacity
 * and whenever it finds the ring empty.
 *
 * Progress: publish and poll are wait-free. "Full" and "empty" are return values: no call waits.
 * Threads: one thread at a time uses a producer, one a consumer.
 * The calls without a number are for rings of 32-byte slots (ticks), those with 64 for orders and
 * events: used on the other kind they would run past the slots. What only counts slots (has_room,
 * claim, advance) is for both.
 *
 * Speculation. A core that waits for a slot's word guesses that it is there and runs ahead into the
 * slots that follow, tens of them. While a backlog streams that takes lines away from the producer
 * just before it writes them, and halves the throughput; when a burst arrives at an idle consumer
 * the same guess fetches its lines side by side, and halves the time to drain it. So poll does each
 * on purpose. After TICKRING_IDLE_POLLS polls in a row that found nothing, the next
 * TICKRING_EAGER_COUNT ticks are polled eagerly: the next index is next + 1, known at once. Beyond
 * that, from one cache line to the next, the index is made of the word just loaded: the same
 * number, but the core cannot form the address before the line has arrived. Within a line (two
 * slots) there is nothing to guard. A ring of up to TICKRING_SMALL_CAPACITY slots is always polled
 * eagerly: there the producer must hear of room at once, and a late consumer stalls it.
 * (A peek of tickring_batch.h always looks ahead, but never further than asked.)
 */
#ifndef TICKRING_QUEUE_H
#define TICKRING_QUEUE_H

#include "tickring_region.h"

typedef struct tickring_slot32 {
  uint64_t record[3];
  uint64_t word;
} tickring_slot32;

typedef struct tickring_slot64 {
  uint64_t record[7];
  uint64_t word;
} tickring_slot64;

#define TICKRING_IDLE_POLLS UINT64_C(64)
#define TICKRING_EAGER_COUNT UINT64_C(64)
#define TICKRING_SMALL_CAPACITY UINT64_C(256)

TICKRING_STATIC_ASSERT(sizeof(tickring_slot32) == 32, "two slots a cache line");
TICKRING_STATIC_ASSERT(sizeof(tickring_slot64) == 64, "one slot a cache line");

typedef struct tickring_producer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;  /* sequence of the next slot to publish */
  uint64_t limit; /* first sequence that is not known to be free */
  tickring_header *header;
  tickring_region region;
} tickring_producer;

typedef struct tickring_consumer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;       /* sequence of the next slot to poll */
  uint64_t share_mask; /* head is shared when (next & share_mask) == 0 */
  uint64_t eager_end;  /* ticks before this sequence are polled eagerly: see Speculation */
  uint64_t eager_count;
  uint64_t empty_at;    /* where polls found nothing last, and how often there */
  uint64_t empty_polls;
  uint64_t found_end; /* sequence after the last that a peek found */
  tickring_header *header;
  tickring_region region;
} tickring_consumer;

#if defined(__cplusplus)
extern "C" {
#endif

/* Claims the role and readies the endpoint; takes over a region attached by the caller (detached
 * again on failure). A successor resumes: a producer at the first slot not yet published in its
 * turn, a consumer at the first slot not yet advanced past. */
int tickring_producer_open(tickring_region *region, tickring_producer *producer,
                           uint64_t *owner_pid);
int tickring_consumer_open(tickring_region *region, tickring_consumer *consumer,
                           uint64_t *owner_pid);
void tickring_producer_close(tickring_producer *producer);
void tickring_consumer_close(tickring_consumer *consumer);

#if defined(__cplusplus)
}
#endif

/* Says that the owner lives, at `monotonic_ns` of CLOCK_MONOTONIC: a store to a line of its own
 * that the other side does not read while there is room. Once a turn of the duty cycle will do. */
static inline void tickring_producer_beat(tickring_producer *producer, uint64_t monotonic_ns) {
  tickring_store_relaxed(&producer->header->producer_heartbeat_ns, monotonic_ns);
}

static inline void tickring_consumer_beat(tickring_consumer *consumer, uint64_t monotonic_ns) {
  tickring_store_relaxed(&consumer->header->consumer_heartbeat_ns, monotonic_ns);
}

/* The commit word of `sequence`. */
static inline uint64_t tickring_word(uint64_t sequence, uint32_t received_16ns) {
  return (uint64_t)received_16ns << 32 | (uint64_t)(uint32_t)(sequence + 1);
}

/* CLOCK_MONOTONIC ns as a commit word carries it. */
static inline uint32_t tickring_stamp(uint64_t monotonic_ns) {
  return (uint32_t)(monotonic_ns >> 4);
}

/* Takes note that the consumer is done with all slots before `taken`; how many are then free.
 * `limit` never moves back: `head` may lie further behind than what `position` told before, even by
 * more than the capacity, and a broken consumer's may lie ahead of `next`. So limit - next is at
 * most the capacity, whatever the header says. */
static inline uint64_t tickring_extend(tickring_producer *producer, uint64_t taken) {
  uint64_t capacity = producer->mask + 1;
  uint64_t used = producer->next - taken;
  if (used <= capacity && capacity - used > producer->limit - producer->next)
    producer->limit = taken + capacity;
  return producer->limit - producer->next;
}

/* Records come in registers only where a call is inlined: through memory they are written in halves
 * and read whole, which takes longer than all else that a publish does. And they stay there only if
 * nothing on the usual way is called. */
#define TICKRING_IN_REGISTERS static inline __attribute__((always_inline))

/* Asks the consumer's lines. First `head`, which costs the consumer nothing to share; then its
 * exact position, without which the whole capacity could not be used. Of a small ring the position
 * alone: its producer asks all the time, and would take two lines from the consumer for one. */
TICKRING_IN_REGISTERS uint64_t tickring_find_room(tickring_producer *producer, uint64_t count) {
  if (producer->mask >= TICKRING_SMALL_CAPACITY) {
    uint64_t head = tickring_load_acquire(&producer->header->head); /* RETURN */
    if (tickring_extend(producer, head) >= count) return count;
  }
  uint64_t position = tickring_load_acquire(&producer->header->position); /* RETURN, on demand */
  uint64_t room = tickring_extend(producer, position);
  return room < count ? room : count;
}

/* Whether `count` slots are free; asks the consumer's lines only when they seem not to be. */
TICKRING_IN_REGISTERS bool tickring_has_room(tickring_producer *producer, uint64_t count) {
  if (__builtin_expect(producer->limit - producer->next >= count, 1)) return true;
  return tickring_find_room(producer, count) == count;
}

/* Counts a publish that found no room, for those who look from outside (`tickway ring`). No publish
 * counts by itself: whoever tries again until there is room calls this once. One writer: the
 * producer. */
static inline void tickring_count_full(tickring_producer *producer) {
  uint64_t *full = &producer->header->full;
  tickring_store_relaxed(full, tickring_load_relaxed(full) + 1);
}

static inline tickring_slot32 *tickring_slot32_at(unsigned char *slots, uint64_t mask,
                                                  uint64_t sequence) {
  return (tickring_slot32 *)(void *)slots + (sequence & mask);
}

static inline tickring_slot64 *tickring_slot64_at(unsigned char *slots, uint64_t mask,
                                                  uint64_t sequence) {
  return (tickring_slot64 *)(void *)slots + (sequence & mask);
}

/* Publishes one tick, if `spare` slots are still free after it: slots kept for what matters more.
 * False: they would not be, and nothing was written. */
TICKRING_IN_REGISTERS bool tickring_publish_sparing(tickring_producer *producer,
                                                    tickring_words record,
                                                    uint32_t received_16ns, uint32_t spare) {
  if (!tickring_has_room(producer, (uint64_t)spare + 1)) return false;
  tickring_slot32 *slot = tickring_slot32_at(producer->slots, producer->mask, producer->next);
  slot->record[0] = record.word[0];
  slot->record[1] = record.word[1];
  slot->record[2] = record.word[2];
  tickring_store_release(&slot->word, tickring_word(producer->next, received_16ns)); /* PUBLISH */
  producer->next += 1;
  return true;
}

/* Publishes one tick. False: full, and nothing was written. */
static inline bool tickring_publish(tickring_producer *producer, tickring_words record,
                                    uint32_t received_16ns) {
  return tickring_publish_sparing(producer, record, received_16ns, 0);
}

/* Publishes two ticks that appear together (a quote), if `spare` slots are still free after them.
 * False: nothing was written. */
TICKRING_IN_REGISTERS bool tickring_publish_pair_sparing(tickring_producer *producer,
                                                         tickring_words first,
                                                         tickring_words second,
                                                         uint32_t received_16ns, uint32_t spare) {
  if (!tickring_has_room(producer, (uint64_t)spare + 2)) return false;
  uint64_t next = producer->next;
  tickring_slot32 *slot0 = tickring_slot32_at(producer->slots, producer->mask, next);
  tickring_slot32 *slot1 = tickring_slot32_at(producer->slots, producer->mask, next + 1);
  slot1->record[0] = second.word[0];
  slot1->record[1] = second.word[1];
  slot1->record[2] = second.word[2];
  tickring_store_relaxed(&slot1->word, tickring_word(next + 1, received_16ns));
  slot0->record[0] = first.word[0];
  slot0->record[1] = first.word[1];
  slot0->record[2] = first.word[2];
  /* PUBLISH: the first word last, so that the pair appears whole. */
  tickring_store_release(&slot0->word, tickring_word(next, received_16ns));
  producer->next = next + 2;
  return true;
}

/* Publishes two ticks that appear together. False: no room for both, nothing written; a ring of one
 * slot never has it. */
static inline bool tickring_publish_pair(tickring_producer *producer, tickring_words first,
                                         tickring_words second, uint32_t received_16ns) {
  return tickring_publish_pair_sparing(producer, first, second, received_16ns, 0);
}

/* A tick as polled: the record's words and the commit word. */
typedef struct tickring_tick {
  uint64_t word[3];
  uint64_t commit;
} tickring_tick;

/* Makes room known after an advance: see the top. */
static inline void tickring_share(tickring_consumer *consumer) {
  tickring_store_release(&consumer->header->position, consumer->next); /* RETURN, on demand */
  if ((consumer->next & consumer->share_mask) == 0)
    tickring_store_release(&consumer->header->head, consumer->next); /* RETURN */
}

/* Nothing to poll: a good moment to let the producer know how far we are. */
static inline void tickring_share_idle(tickring_consumer *consumer) {
  if (tickring_load_relaxed(&consumer->header->head) != consumer->next)
    tickring_store_release(&consumer->header->head, consumer->next); /* RETURN */
  if (consumer->empty_at != consumer->next) {
    consumer->empty_at = consumer->next;
    consumer->empty_polls = 0;
  }
  consumer->empty_polls += 1;
  if (consumer->empty_polls >= TICKRING_IDLE_POLLS)
    consumer->eager_end = consumer->next + consumer->eager_count;
}

/* next + 1, made of the word that the slot of `next` was found to hold: see Speculation. */
static inline uint64_t tickring_sequence_after(uint64_t next, uint64_t word) {
  /* The compiler knows that the word's low half is that of next + 1, and would use what it knows
   * in place of what was loaded. Volatile, so that it does not merge the two ways into one. */
  uint64_t loaded = word;
  __asm__ __volatile__("" : "+r"(loaded));
  return next + (uint32_t)((uint32_t)loaded - (uint32_t)next);
}

/* The sequence after `next`, whose slot was found to hold `word`: see Speculation. */
static inline uint64_t tickring_after(const tickring_consumer *consumer, uint64_t next,
                                      uint64_t word) {
  bool is_within_line = (next & 1) == 0;
  if (is_within_line || (int64_t)(next - consumer->eager_end) < 0) return next + 1;
  return tickring_sequence_after(next, word);
}

/* Polls one tick and advances past it. False: empty. */
static inline bool tickring_poll(tickring_consumer *consumer, tickring_tick *tick) {
  uint64_t next = consumer->next;
  tickring_slot32 *slot = tickring_slot32_at(consumer->slots, consumer->mask, next);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  if ((uint32_t)word != (uint32_t)(next + 1)) {
    tickring_share_idle(consumer);
    return false;
  }
  tick->word[0] = slot->record[0];
  tick->word[1] = slot->record[1];
  tick->word[2] = slot->record[2];
  tick->commit = word;
  consumer->next = tickring_after(consumer, next, word);
  tickring_share(consumer);
  return true;
}

/* Whether a poll would find something. */
static inline bool tickring_is_empty(const tickring_consumer *consumer) {
  tickring_slot32 *slot = tickring_slot32_at(consumer->slots, consumer->mask, consumer->next);
  return (uint32_t)tickring_load_acquire(&slot->word) != (uint32_t)(consumer->next + 1);
}

/* The same for order and event records: `record` is any 56 bytes, for rings of 64-byte slots. */
static inline bool tickring_publish64(tickring_producer *producer, const void *record,
                                      uint32_t received_16ns) {
  if (!tickring_has_room(producer, 1)) return false;
  tickring_slot64 *slot = tickring_slot64_at(producer->slots, producer->mask, producer->next);
  __builtin_memcpy(slot->record, record, sizeof slot->record);
  tickring_store_release(&slot->word, tickring_word(producer->next, received_16ns)); /* PUBLISH */
  producer->next += 1;
  return true;
}

static inline bool tickring_poll64(tickring_consumer *consumer, void *record) {
  tickring_slot64 *slot = tickring_slot64_at(consumer->slots, consumer->mask, consumer->next);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  if ((uint32_t)word != (uint32_t)(consumer->next + 1)) {
    tickring_share_idle(consumer);
    return false;
  }
  __builtin_memcpy(record, slot->record, sizeof slot->record);
  consumer->next += 1; /* eagerly: orders and events come in bursts, never as a saturated stream */
  tickring_share(consumer);
  return true;
}

#endif
