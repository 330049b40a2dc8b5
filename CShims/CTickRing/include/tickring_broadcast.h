/* tickring_broadcast.h: one writer, any number of observers that can never slow it.
 *
 * The hot path is header-only; no system call, no lock, no allocation. For monitors and recorders:
 * an observer that falls behind by more than the capacity loses records, and knows exactly how
 * many; whoever must have every record needs a queue (tickring_queue.h).
 *
 * Slots are those of a tick queue. The writer invalidates a slot's word, writes the record, then
 * stores the word, then the tail. An observer copies the record between two looks at the word.
 * The invalid word of a slot is the word of the sequence after: it never belongs there, since the
 * capacity is at least two.
 *
 * The word tells a sequence modulo 2^32 only; `tail_shared` tells all 64 bits of one at most an
 * eighth of the capacity older, and the observer's last look is at that. So a stall of any length,
 * in the middle of a copy too, is seen for what it is.
 *
 * Writer: writes slots, `tail` at each record, `tail_shared` each eighth of the capacity; reads
 * nothing that another writes.
 * Observer: writes nothing; a mapping for reading only will do. Reads slots and `tail_shared`, and
 * `tail` when it joins or has lost its place.
 *
 * Progress: wait-free on both sides. Threads: one at a time uses a writer, or an observer.
 * Death: observers leave no trace. A successor of a dead writer goes on with the record that was
 * in the making; observers see neither half of it nor a hole.
 */
#ifndef TICKRING_BROADCAST_H
#define TICKRING_BROADCAST_H

#include "tickring_queue.h"

#if defined(__cplusplus)
extern "C" {
#endif

typedef struct tickring_writer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;       /* sequence of the next record */
  uint64_t share_mask; /* tail_shared is stored when (next & share_mask) == 0 */
  tickring_header *header;
  tickring_region region;
} tickring_writer;

typedef struct tickring_observer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;  /* sequence of the next record to look for */
  uint64_t start; /* of the first: start + seen + lost == next, always */
  uint64_t seen;  /* records taken */
  uint64_t lost;  /* records overwritten before this observer took them */
  tickring_header *header;
  tickring_region region;
} tickring_observer;

enum tickring_start {
  TICKRING_START_NEWEST = 0, /* the newest record that is there */
  TICKRING_START_OLDEST = 1, /* the oldest that is still there */
  TICKRING_START_NEXT = 2    /* the first one written from now on */
};

/* Takes over a region of kind TICKRING_REGION_BROADCAST attached by the caller (detached again on
 * failure) and claims the one writer's role. */
int tickring_writer_open(tickring_region *region, tickring_writer *writer, uint64_t *owner_pid);
/* Takes over a region of that kind, attached for reading only or not. */
int tickring_observer_open(tickring_region *region, enum tickring_start start,
                           tickring_observer *observer);
void tickring_writer_close(tickring_writer *writer);
void tickring_observer_close(tickring_observer *observer);

#if defined(__cplusplus)
}
#endif

/* Says that the writer lives: see tickring_producer_beat. No observer does or needs to. */
static inline void tickring_writer_beat(tickring_writer *writer, uint64_t monotonic_ns) {
  tickring_store_relaxed(&writer->header->producer_heartbeat_ns, monotonic_ns);
}

/* Writes one tick. It always has room. */
static inline void tickring_broadcast(tickring_writer *writer, tickring_words record,
                                      uint32_t received_16ns) {
  uint64_t next = writer->next;
  tickring_slot32 *slot = tickring_slot32_at(writer->slots, writer->mask, next);
  tickring_store_relaxed(&slot->word, tickring_word(next + 1, received_16ns)); /* invalid */
  tickring_fence_release(); /* REVISE: the invalid word before the record */
  tickring_store_relaxed(&slot->record[0], record.word[0]);
  tickring_store_relaxed(&slot->record[1], record.word[1]);
  tickring_store_relaxed(&slot->record[2], record.word[2]);
  tickring_store_release(&slot->word, tickring_word(next, received_16ns)); /* PUBLISH */
  writer->next = next + 1;
  tickring_store_release(&writer->header->tail, next + 1); /* SHARE */
  if ((writer->next & writer->share_mask) == 0)
    tickring_store_release(&writer->header->tail_shared, next + 1); /* SHARE */
}

/* An observer that has lost its place resumes an eighth of the capacity after the oldest record,
 * so that it is not overtaken again at once; one at least, since the oldest may be half overwritten
 * by a writer that is dead. Never moves back, whatever the header says. */
static inline void tickring_observer_resume(tickring_observer *observer) {
  uint64_t capacity = observer->mask + 1;
  uint64_t tail = tickring_load_acquire(&observer->header->tail); /* SHARE */
  uint64_t resumed = tail - capacity + (capacity > 8 ? capacity / 8 : 1);
  if (tail < capacity || resumed - observer->next > UINT64_MAX / 2) return;
  observer->lost += resumed - observer->next;
  observer->next = resumed;
}

/* What one look at the slot of `next` found. */
enum tickring_look { TICKRING_LOOK_EMPTY, TICKRING_LOOK_TAKEN, TICKRING_LOOK_OVERTAKEN };

/* Copies the record between two looks at its word; the tail, looked at last, vouches for the upper
 * half of the sequence: see the top. */
static inline enum tickring_look tickring_observer_look(tickring_observer *observer,
                                                        tickring_tick *tick) {
  tickring_slot32 *slot = tickring_slot32_at(observer->slots, observer->mask, observer->next);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  tick->word[0] = tickring_load_relaxed(&slot->record[0]);
  tick->word[1] = tickring_load_relaxed(&slot->record[1]);
  tick->word[2] = tickring_load_relaxed(&slot->record[2]);
  tick->commit = word;
  tickring_fence_acquire(); /* REVISE: the copies before the second look */
  uint64_t again = tickring_load_acquire(&slot->word); /* PUBLISH, for the tail */
  uint64_t tail = tickring_load_relaxed(&observer->header->tail_shared);
  uint64_t behind = tail - observer->next; /* "negative": the tail is the older */
  if (behind <= UINT64_MAX / 2 && behind > observer->mask + 1) return TICKRING_LOOK_OVERTAKEN;
  int32_t turn = (int32_t)((uint32_t)again - (uint32_t)(observer->next + 1));
  if (turn > 1) return TICKRING_LOOK_OVERTAKEN;
  return turn == 0 && again == word ? TICKRING_LOOK_TAKEN : TICKRING_LOOK_EMPTY;
}

/* Takes the next record. False: nothing new, or overtaken twice in this call; `lost` has grown by
 * what was lost on the way. The record's sequence is then observer->next - 1. */
static inline bool tickring_observe(tickring_observer *observer, tickring_tick *tick) {
  enum tickring_look look = tickring_observer_look(observer, tick);
  if (look == TICKRING_LOOK_OVERTAKEN) {
    tickring_observer_resume(observer);
    look = tickring_observer_look(observer, tick);
  }
  if (look != TICKRING_LOOK_TAKEN) return false;
  observer->next += 1;
  observer->seen += 1;
  return true;
}

#endif
