/* stepping_checks.h: what the survivor and the successor of a killed child must find.
 *
 * The parent holds the other side all along. Whatever it does is bounded: a ring that blocks is
 * counted as stuck, and nothing waits.
 */
#ifndef STEPPING_CHECKS_H
#define STEPPING_CHECKS_H

#include "stepping_operations.h"

enum fault { TORN, PART, PHANTOM, LOST, AGAIN, STUCK, FAULTS };

typedef struct tally {
  uint64_t points;
  uint64_t twice; /* records delivered again, of the one (or the batch) in hand: allowed */
  uint64_t faults[FAULTS];
} tally;

typedef struct operation {
  const char *name;
  enum side side;
  bool is_64;
  uint64_t granule; /* records that appear together, or are advanced past together */
  void (*run)(ends *self);
  bool is_takeover;  /* it opens its end itself */
  bool is_blind;     /* its successor withdraws nothing */
  int mistake_found; /* a mistake's fault, plus 1; 0: it must have none */
} operation;

typedef struct start {
  uint64_t capacity;
  uint64_t sequence; /* that the ring starts at */
  uint64_t fill;     /* records in it before the child comes */
} start;

/* One death: the rings' ends in the parent, and what is known. */
typedef struct death {
  const operation *what;
  const start *from;
  const char *directory;
  const char *name;
  bool looks_first; /* the survivor looks before there is a successor */
  bool has_ended;   /* the child had done all of it */
  hand *hand;
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_observer observer;
  tally *tally;
} death;

static void count(death *self, enum fault fault) { self->tally->faults[fault] += 1; }

static tickring_region attach_here(death *self) {
  uint32_t kind = self->what->side == WRITES ? TICKRING_REGION_BROADCAST
                  : self->what->is_64        ? TICKRING_REGION_ORDERS
                                             : TICKRING_REGION_TICKS;
  tickring_region region;
  int error = tickring_attach(self->directory, self->name, kind, &region);
  if (error) count(self, STUCK);
  return region;
}

static bool publish_one(death *self, tickring_producer *producer, uint64_t owner) {
  uint64_t record[7];
  if (!self->what->is_64)
    return tickring_publish(producer, stream_tick(producer->next, owner), 7);
  stream_fill(record, 7, producer->next, owner);
  return tickring_publish64(producer, record, 7);
}

/* Whole, and the one whose turn it is. */
static void check_record(death *self, const uint64_t *record, uint64_t sequence) {
  int words = self->what->is_64 ? 7 : 3;
  if (!stream_is_whole(record, words)) count(self, TORN);
  else if (record[0] != sequence) count(self, record[0] < sequence ? PHANTOM : LOST);
}

static bool poll_one(death *self, tickring_consumer *consumer) {
  uint64_t record[7];
  tickring_tick tick;
  uint64_t sequence = consumer->next;
  bool is_there = self->what->is_64 ? tickring_poll64(consumer, record)
                                    : tickring_poll(consumer, &tick);
  if (is_there) check_record(self, self->what->is_64 ? record : tick.word, sequence);
  return is_there;
}

static uint64_t drain(death *self, tickring_consumer *consumer) {
  uint64_t found = 0;
  while (found <= 2 * self->from->capacity && poll_one(self, consumer)) found++;
  return found;
}

/* Both sides go on: one at a time for two laps, so that nothing shows but what was published, and
 * then to the brim, all of the capacity. */
static void go_on(death *self, tickring_producer *producer, tickring_consumer *consumer) {
  uint64_t capacity = self->from->capacity, room = 0;
  for (uint64_t turn = 0; turn < 2 * capacity; turn++) {
    if (!publish_one(self, producer, OWNER_SUCCESSOR)) count(self, STUCK);
    uint64_t found = drain(self, consumer);
    if (found != 1) count(self, found == 0 ? LOST : PHANTOM);
  }
  while (room <= capacity && publish_one(self, producer, OWNER_SUCCESSOR)) room++;
  if (room != capacity) count(self, STUCK);
  if (drain(self, consumer) != capacity) count(self, LOST);
}

/* `made` records of the child's are there. */
static void check_made(death *self, uint64_t made) {
  if (made < self->hand->committed) count(self, LOST);
  if (self->has_ended && made != self->hand->committed) count(self, PHANTOM);
  if (made % self->what->granule != 0) count(self, PART);
}

static void check_producer(death *self) {
  uint64_t first = self->from->sequence + self->from->fill;
  uint64_t seen = self->looks_first ? drain(self, &self->consumer) : 0;
  tickring_producer successor;
  tickring_region region = attach_here(self);
  if (region.header == NULL) return;
  int error = self->what->is_blind ? open_without_withdrawal(&region, &successor)
                                   : tickring_producer_open(&region, &successor, NULL);
  if (error) {
    count(self, STUCK);
    return;
  }
  uint64_t made = successor.next - first;
  check_made(self, made);
  if (self->looks_first && seen != self->from->fill + made)
    count(self, seen > self->from->fill + made ? PHANTOM : LOST);
  uint64_t left = drain(self, &self->consumer);
  if (seen + left != self->from->fill + made) count(self, LOST);
  go_on(self, &successor, &self->consumer);
  tickring_producer_close(&successor);
}

/* How many records the child was given, whole and in order. */
static uint64_t given(const death *self) {
  int words = self->what->is_64 ? 7 : 3;
  uint64_t number = 0;
  while (number < 2 * BATCH && self->hand->records[number][1] != 0 &&
         stream_is_whole(self->hand->records[number], words) &&
         self->hand->records[number][0] == self->from->sequence + number)
    number++;
  return number;
}

/* How many of them a successor may be given again: those of the call, of which poll_each advances
 * past each eighth of the capacity. */
static uint64_t again_most(const death *self) {
  uint64_t granule = self->what->granule, eighth = self->from->capacity / 8;
  if (self->what->run != poll_each || granule <= eighth) return granule;
  return eighth > 1 ? eighth : 1;
}

static void check_consumer(death *self) {
  tickring_consumer successor;
  uint64_t room = 0, taken = given(self), there = self->from->fill;
  if (self->looks_first)
    while (room <= self->from->capacity && publish_one(self, &self->producer, OWNER_FIRST)) room++;
  tickring_region region = attach_here(self);
  if (region.header == NULL) return;
  if (tickring_consumer_open(&region, &successor, NULL) != TICKRING_OK) {
    count(self, STUCK);
    return;
  }
  uint64_t advanced = successor.next - self->from->sequence;
  if (advanced > taken) count(self, advanced > there ? PHANTOM : LOST);
  uint64_t again = advanced < taken ? taken - advanced : 0;
  if (again > again_most(self)) count(self, AGAIN);
  if (!self->looks_first) self->tally->twice += again; /* both look at the same death */
  if (self->looks_first && there + room - advanced != self->from->capacity) count(self, STUCK);
  if (drain(self, &successor) != there + room - advanced) count(self, LOST);
  go_on(self, &self->producer, &successor);
  tickring_consumer_close(&successor);
}

/* All that an observer finds; whoever started at the newest loses nothing. */
static uint64_t observe_all(death *self, tickring_observer *observer, uint64_t lost_most) {
  tickring_tick tick;
  uint64_t found = 0, before = observer->next - observer->lost;
  while (found <= 2 * self->from->capacity && tickring_observe(observer, &tick)) {
    check_record(self, tick.word, observer->next - 1);
    found++;
  }
  if (before + found != observer->next - observer->lost) count(self, PHANTOM);
  if (observer->lost > lost_most) count(self, LOST);
  return found;
}

/* An observer that joins now, at the oldest: the one that was being overwritten may be gone. */
static void observe_oldest(death *self) {
  tickring_region region = attach_here(self);
  tickring_observer observer;
  if (tickring_observer_open(&region, TICKRING_START_OLDEST, &observer) != TICKRING_OK) {
    count(self, STUCK);
    return;
  }
  uint64_t eighth = self->from->capacity / 8;
  (void)observe_all(self, &observer, eighth > 1 ? eighth : 1);
  tickring_observer_close(&observer);
}

static void check_writer(death *self) {
  uint64_t seen = 0;
  if (self->looks_first) {
    seen = observe_all(self, &self->observer, 0);
    observe_oldest(self);
  }
  tickring_writer successor;
  tickring_region region = attach_here(self);
  if (region.header == NULL) return;
  if (tickring_writer_open(&region, &successor, NULL) != TICKRING_OK) {
    count(self, STUCK);
    return;
  }
  uint64_t made = successor.next - self->observer.start;
  check_made(self, made);
  observe_oldest(self);
  if (seen > made) count(self, PHANTOM);
  if (seen + observe_all(self, &self->observer, 0) != made) count(self, LOST);
  for (uint64_t turn = 0; turn < 2 * self->from->capacity; turn++) {
    tickring_broadcast(&successor, stream_tick(successor.next, OWNER_SUCCESSOR), 7);
    uint64_t found = observe_all(self, &self->observer, 0);
    if (found != 1) count(self, found == 0 ? LOST : PHANTOM);
  }
  observe_oldest(self);
  tickring_writer_close(&successor);
}

#endif
