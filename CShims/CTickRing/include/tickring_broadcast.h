/* tickring_broadcast.h: one writer, any number of observers that can never slow it.
 *
 * The hot path is header-only; no system call, no lock, no allocation. For monitors and recorders:
 * an observer that falls behind by more than three quarters of the capacity may lose records, and
 * knows exactly how many; whoever must have every record needs a queue (tickring_queue.h).
 *
 * Slots are those of a tick queue. Before the writer overwrites anything it says how far it will
 * get: `ahead` is the end of the stretch of slots that it is about to write. An observer copies a
 * record and then looks at `ahead`: what lies no further than the capacity behind it was not
 * touched during the copy. So a stretch costs one fence, a record none, and no slot has a state in
 * which it is invalid. The price: of a ring of TICKRING_STRETCH_MIN * 4 slots or more up to a
 * quarter counts as overwritten already.
 *
 * A slot's word tells a sequence modulo 2^32 only; `ahead` has all 64 bits, and is an observer's
 * last look. So a stall of any length, in the middle of a copy too, is seen for what it is.
 *
 * Writer: writes slots, and at each stretch `tail` and `ahead`; reads nothing that another writes.
 * How many records there are is told by the tail and then by the slots: tickring_written.
 * Observer: writes nothing; a mapping for reading only will do. Reads slots and `ahead`, and `tail`
 * when it joins.
 *
 * Speculation (see tickring_queue.h): what lies a stretch or more before `ahead` is written, so
 * that an observer may run ahead there and takes nothing away from the writer. Nearer to the writer
 * it goes from line to line by what it has loaded; in a batch it runs ahead as far as it is asked.
 *
 * Progress: wait-free on both sides. Threads: one at a time uses a writer, or an observer.
 * Death: observers leave no trace. A successor of a dead writer goes on with the record that was
 * in the making; observers see neither half of it nor a hole.
 */
#ifndef TICKRING_BROADCAST_H
#define TICKRING_BROADCAST_H

#include "tickring_queue.h"

/* Records announced at once: a quarter of the capacity, from this to that; one in smaller rings. */
#define TICKRING_STRETCH_MIN UINT64_C(32)
#define TICKRING_STRETCH_MAX UINT64_C(1024)

#if defined(__cplusplus)
extern "C" {
#endif

typedef struct tickring_writer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;       /* sequence of the next record */
  uint64_t announced; /* what `ahead` is */
  uint64_t stretch;   /* how many are announced at once */
  tickring_header *header;
  tickring_region region;
} tickring_writer;

typedef struct tickring_observer {
  unsigned char *slots;
  uint64_t mask;
  uint64_t next;  /* sequence of the next record to look for */
  uint64_t vouched;   /* what `ahead` was when `next`, or one before, was found untouched */
  uint64_t eager_end; /* records before this sequence are written: see Speculation */
  uint64_t stretch;   /* the writer's */
  uint64_t start;     /* of the first */
  uint64_t lost;      /* records overwritten before this observer took them */
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
/* Records written since the region was created: a look at the tail, and at ten slots or fewer. Not
 * for every turn. While the writer writes on, as many as there were at some moment of the call. */
uint64_t tickring_written(const tickring_region *region);
void tickring_writer_close(tickring_writer *writer);
void tickring_observer_close(tickring_observer *observer);

#if defined(__cplusplus)
}
#endif

/* Says that the writer lives: see tickring_producer_beat. No observer does or needs to. */
static inline void tickring_writer_beat(tickring_writer *writer, uint64_t monotonic_ns) {
  tickring_store_relaxed(&writer->header->producer_heartbeat_ns, monotonic_ns);
}

/* How many records a writer announces at once. */
static inline uint64_t tickring_stretch_of(uint64_t capacity) {
  uint64_t stretch = capacity / 4;
  if (stretch > TICKRING_STRETCH_MAX) return TICKRING_STRETCH_MAX;
  return stretch < TICKRING_STRETCH_MIN ? 1 : stretch;
}

/* Records taken by this observer. */
static inline uint64_t tickring_observer_seen(const tickring_observer *observer) {
  return observer->next - observer->start - observer->lost;
}

/* Announces that the stretch from `next` on is about to be written, and tells that all before it
 * is. */
static inline void tickring_announce(tickring_writer *writer, uint64_t next) {
  writer->announced = next + writer->stretch;
  tickring_store_release(&writer->header->tail, next); /* SHARE */
  tickring_store_relaxed(&writer->header->ahead, writer->announced);
  tickring_fence_release(); /* REVISE: the announcement before the records */
}

/* Writes the slot of `next`, which is announced, over what was there. */
static inline void tickring_put(unsigned char *slots, uint64_t mask, uint64_t next,
                                tickring_words record, uint32_t received_16ns) {
  tickring_slot32 *slot = tickring_slot32_at(slots, mask, next);
  tickring_store_relaxed(&slot->record[0], record.word[0]);
  tickring_store_relaxed(&slot->record[1], record.word[1]);
  tickring_store_relaxed(&slot->record[2], record.word[2]);
  tickring_store_release(&slot->word, tickring_word(next, received_16ns)); /* PUBLISH */
}

/* Writes one tick. It always has room. */
static inline void tickring_broadcast(tickring_writer *writer, tickring_words record,
                                      uint32_t received_16ns) {
  uint64_t next = writer->next;
  if (__builtin_expect(next == writer->announced, 0)) tickring_announce(writer, next);
  tickring_put(writer->slots, writer->mask, next, record, received_16ns);
  writer->next = next + 1;
}

/* How many of `count` records may be put now, one at least: those that are announced. */
static inline uint64_t tickring_begin(tickring_writer *writer, uint64_t count) {
  if (writer->next == writer->announced) tickring_announce(writer, writer->next);
  uint64_t most = writer->announced - writer->next;
  return count < most ? count : most;
}

/* Goes on after the `count` records that were put. */
static inline void tickring_end(tickring_writer *writer, uint64_t count) {
  writer->next += count;
}

/* Writes `count` ticks, `make(context, i)` being the i-th. `make` must return, and must not use
 * this writer. */
static inline void tickring_broadcast_each(tickring_writer *writer, uint64_t count,
                                           uint32_t received_16ns,
                                           tickring_words (*make)(void *context, uint64_t i),
                                           void *context) {
  uint64_t mask = writer->mask;
  unsigned char *slots = writer->slots;
  for (uint64_t done = 0; done < count;) {
    uint64_t part = tickring_begin(writer, count - done), next = writer->next;
    for (uint64_t i = 0; i < part; i++)
      tickring_put(slots, mask, next + i, make(context, done + i), received_16ns);
    tickring_end(writer, part);
    done += part;
  }
}

/* Whether what is announced reaches the slot of `next` in its next turn. */
static inline bool tickring_is_overtaken(const tickring_observer *observer, uint64_t next,
                                         uint64_t ahead) {
  int64_t distance = (int64_t)(ahead - next); /* negative: announced before `next` was */
  return distance > (int64_t)observer->mask + 1;
}

/* An observer that was overtaken loses its place: it resumes an eighth of the capacity after the
 * oldest record, so that it is not overtaken again at once. Never moves back, whatever the header
 * says. False: it was not overtaken. */
static inline bool tickring_observer_lose(tickring_observer *observer) {
  uint64_t capacity = observer->mask + 1;
  uint64_t ahead = tickring_load_acquire(&observer->header->ahead); /* SHARE */
  if (!tickring_is_overtaken(observer, observer->next, ahead)) return false;
  uint64_t resumed = ahead - capacity + capacity / 8;
  observer->lost += resumed - observer->next;
  observer->next = resumed;
  return true;
}

/* The observer's last look, after its copies from `next` on: whether none of them was touched
 * meanwhile. An announcement that is still the same vouches for what follows, too. */
static inline bool tickring_observer_is_vouched(tickring_observer *observer, uint64_t next) {
  tickring_fence_acquire(); /* REVISE: the copies before the look at the announcement */
  uint64_t ahead = tickring_load_relaxed(&observer->header->ahead);
  if (__builtin_expect(ahead == observer->vouched, 1)) return true;
  if (tickring_is_overtaken(observer, next, ahead)) return false;
  observer->vouched = ahead;
  observer->eager_end = ahead - observer->stretch;
  return true;
}

/* Copies the record of `next`, if it is there and was not touched meanwhile: expected, so that a
 * loop that takes record after record does not leave its line for each and come back. */
static inline bool tickring_observer_take(tickring_observer *observer, unsigned char *slots,
                                          uint64_t mask, uint64_t next, tickring_tick *tick) {
  const tickring_slot32 *slot = tickring_slot32_at(slots, mask, next);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  if (__builtin_expect((uint32_t)word != (uint32_t)(next + 1), 0)) return false;
  tick->word[0] = tickring_load_relaxed(&slot->record[0]);
  tick->word[1] = tickring_load_relaxed(&slot->record[1]);
  tick->word[2] = tickring_load_relaxed(&slot->record[2]);
  tick->commit = word;
  return __builtin_expect(tickring_observer_is_vouched(observer, next), 1);
}

/* The sequence after `next`, whose slot was found to hold `word`: see Speculation. */
static inline uint64_t tickring_observer_after(const tickring_observer *observer, uint64_t next,
                                               uint64_t word) {
  if (__builtin_expect((int64_t)(next - observer->eager_end) < 0, 1)) return next + 1;
  return (next & 1) == 0 ? next + 1 : tickring_sequence_after(next, word);
}

/* Takes the next record. False: nothing new, or overtaken twice in this call; `lost` has grown by
 * what was lost on the way. The record's sequence is then observer->next - 1. */
static inline bool tickring_observe(tickring_observer *observer, tickring_tick *tick) {
  for (int attempt = 0; attempt < 2; attempt++) {
    uint64_t next = observer->next;
    if (tickring_observer_take(observer, observer->slots, observer->mask, next, tick)) {
      observer->next = tickring_observer_after(observer, next, tick->commit);
      return true;
    }
    if (!tickring_observer_lose(observer)) break;
  }
  return false;
}

/* Hands up to `most` records to `take`, in order, each with its sequence; how many. 0: as of
 * tickring_observe. Looks ahead like a peek, no further than asked. `take` must return, and must
 * not use this observer. */
static inline uint64_t tickring_observe_each(tickring_observer *observer, uint64_t most,
                                             void (*take)(void *context, uint64_t sequence,
                                                          const tickring_tick *tick),
                                             void *context) {
  uint64_t mask = observer->mask;
  unsigned char *slots = observer->slots;
  tickring_tick tick;
  for (int attempt = 0; attempt < 2; attempt++) {
    uint64_t first = observer->next, next = first;
    while (next - first < most && tickring_observer_take(observer, slots, mask, next, &tick))
      take(context, next++, &tick);
    observer->next = next;
    if (next != first || !tickring_observer_lose(observer)) return next - first;
  }
  return 0;
}

/* Copies up to `most` records at once; how many. `ticks` beyond those are scratch. One look at the
 * announcement is enough: the slot that is overwritten first is that of the first record. Far apart
 * this is the faster face, near tickring_observe_each. */
static inline uint64_t tickring_observe_batch(tickring_observer *observer, tickring_tick *ticks,
                                              uint64_t most) {
  uint64_t next = observer->next, mask = observer->mask, found = 0;
  unsigned char *slots = observer->slots;
  for (; found < most; found++) {
    const tickring_slot32 *slot = tickring_slot32_at(slots, mask, next + found);
    uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
    if ((uint32_t)word != (uint32_t)(next + found + 1)) break;
    ticks[found].word[0] = tickring_load_relaxed(&slot->record[0]);
    ticks[found].word[1] = tickring_load_relaxed(&slot->record[1]);
    ticks[found].word[2] = tickring_load_relaxed(&slot->record[2]);
    ticks[found].commit = word;
  }
  if (found == 0 || !tickring_observer_is_vouched(observer, next))
    return most > 0 && tickring_observe(observer, ticks) ? 1 : 0;
  observer->next = next + found;
  return found;
}

#endif
