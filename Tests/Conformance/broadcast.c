/* broadcast.c: the broadcast ring's promises, in plain C, for gcc, clang, TSan, ASan and UBSan.
 *
 * One writer and one or more observers on one mapping (TSan sees nothing across two). Each record
 * carries its own 64-bit sequence and three words that depend on it.
 *
 * Outcomes forbidden: a torn record; a record whose sequence is not the observer's; a record twice
 * or out of order; losses that do not add up to what was written. Anything else is allowed.
 *
 *   broadcast [RECORDS]   to be taken by each observer, per case; default 200000; from 10^7 on one
 *                         long case of a large ring, else many short ones, which also end once
 *                         20 times as many are written
 */
#include "tickring.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OBSERVERS_MAX = 3, LONG = 10000000 };

static uint64_t wanted = 200000;

typedef struct shared {
  tickring_writer writer;
  uint64_t observers_done; /* under the lock: each observer adds one */
  uint64_t is_over;        /* stored with release when nothing more is written */
  pthread_mutex_t lock;
  bool is_paced;
} shared;

typedef struct watcher {
  shared *all;
  tickring_observer observer;
  uint64_t taken;
} watcher;

static void fail(const char *what, uint64_t number, uint64_t seen) {
  fprintf(stderr, "broadcast: %s at %llu: %llx\n", what, (unsigned long long)number,
          (unsigned long long)seen);
  exit(1);
}

static uint64_t mix(uint64_t number) { return number * UINT64_C(0x9E3779B97F4A7C15); }

static tickring_words words_of(uint64_t number) {
  tickring_words words;
  words.word[0] = number;
  words.word[1] = mix(number);
  words.word[2] = ~mix(number + 1);
  return words;
}

static uint64_t done_of(shared *all) {
  pthread_mutex_lock(&all->lock);
  uint64_t done = all->observers_done;
  pthread_mutex_unlock(&all->lock);
  return done;
}

static tickring_words make(void *first, uint64_t i) {
  return words_of(*(const uint64_t *)first + i);
}

/* One record, or now and then a batch, which ends or begins a stretch anywhere; how many. */
static uint64_t write_some(shared *all, uint64_t count) {
  uint64_t first = all->writer.next, batch = count % 16 == 0 ? 1 + count / 16 % 150 : 1;
  if (batch == 1)
    tickring_broadcast(&all->writer, words_of(first), 9);
  else
    tickring_broadcast_each(&all->writer, batch, 9, make, &first);
  return batch;
}

/* A paced writer gives way often, so that observers are overtaken now and then and not always. */
static void write_until_done(shared *all, uint64_t observers) {
  uint64_t count = 0;
  for (;;) {
    uint64_t before = count;
    count += write_some(all, count);
    if (((before ^ count) & ~UINT64_C(255)) == 0) continue;
    if (done_of(all) == observers) break;
    /* Observers that never get a core of their own see little: enough is enough. */
    if (wanted < LONG && count >= wanted * 20) break;
    if (all->is_paced) for (int turn = 0; turn < 40; turn++) tickring_pause();
    if (wanted < LONG && ((before ^ count) & ~UINT64_C(0xFFF)) != 0) sched_yield();
  }
  tickring_store_release(&all->is_over, 1);
}

static void check(uint64_t sequence, const tickring_tick *tick) {
  tickring_words expected = words_of(sequence);
  if (memcmp(expected.word, tick->word, sizeof tick->word) != 0)
    fail("torn, or another's", sequence, tick->word[0]);
  if (tick->commit != tickring_word(sequence, 9))
    fail("another word", sequence, tick->commit);
}

static void check_each(void *context, uint64_t sequence, const tickring_tick *tick) {
  (void)context;
  check(sequence, tick);
}

/* One record, or up to twenty, copied or handed over; how many. */
static uint64_t observe_some(tickring_observer *observer) {
  tickring_tick ticks[20];
  uint64_t before = observer->next - observer->lost, way = observer->next / 64 % 3;
  uint64_t found = way == 0   ? tickring_observe(observer, ticks)
                   : way == 1 ? tickring_observe_batch(observer, ticks, 20)
                              : tickring_observe_each(observer, 20, check_each, NULL);
  if (observer->next - observer->lost - before != found)
    fail("not as many as it says", observer->next, found);
  for (uint64_t i = 0; i < found && way < 2; i++) check(observer->next - found + i, &ticks[i]);
  return found;
}

/* Of the mapping that is observed: see open_all. */
static uint64_t written_of(const tickring_observer *observer) {
  tickring_region region = observer->region;
  region.header = observer->header;
  region.body = observer->slots;
  return tickring_written(&region);
}

/* Takes what it wants, then drains what is there once the writer has stopped. */
static void *watch(void *context) {
  watcher *self = (watcher *)context;
  tickring_observer *observer = &self->observer;
  bool is_told = false;
  for (;;) {
    bool is_over = tickring_load_acquire(&self->all->is_over) != 0;
    uint64_t found = observe_some(observer);
    self->taken += found;
    if (found == 0) {
      if (is_over && observer->next == written_of(observer)) return NULL;
      sched_yield();
    }
    if (is_told || self->taken < wanted) continue;
    pthread_mutex_lock(&self->all->lock);
    self->all->observers_done += 1;
    pthread_mutex_unlock(&self->all->lock);
    is_told = true;
  }
}

/* Makes the ring look as if `start` records had gone through it. */
static void start_at(tickring_region *region, uint64_t start) {
  region->header->tail = start;
  region->header->ahead = start;
  for (uint64_t back = 1; back <= region->capacity && back <= start; back++) {
    tickring_slot32 *slot = tickring_slot32_at(region->body, region->capacity - 1, start - back);
    tickring_words words = words_of(start - back);
    memcpy(slot->record, words.word, sizeof slot->record);
    slot->word = tickring_word(start - back, 9);
  }
}

static void must(int error) {
  if (!error) return;
  fprintf(stderr, "broadcast: %s\n", tickring_error_text(error));
  exit(2);
}

static void open_all(shared *all, watcher *watchers, int count, uint64_t capacity,
                     uint64_t start) {
  tickring_options options;
  tickring_region region, other;
  char name[64];
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_BROADCAST;
  options.capacity = capacity;
  snprintf(name, sizeof name, "tickring-broadcast-%d", (int)getpid());
  must(tickring_create("/dev/shm", name, &options, &region));
  start_at(&region, start);
  for (int i = 0; i < count; i++) {
    must(tickring_attach_reader("/dev/shm", name, TICKRING_REGION_BROADCAST, &other));
    must(tickring_observer_open(&other, TICKRING_START_NEXT, &watchers[i].observer));
    watchers[i].all = all;
  }
  must(tickring_remove("/dev/shm", name));
  must(tickring_writer_open(&region, &all->writer, NULL));
  for (int i = 0; i < count; i++) { /* one mapping, which is what TSan can follow */
    watchers[i].observer.header = all->writer.header;
    watchers[i].observer.slots = all->writer.slots;
  }
}

static void run_case(uint64_t capacity, int count, uint64_t start, bool is_paced) {
  shared all;
  watcher watchers[OBSERVERS_MAX];
  pthread_t threads[OBSERVERS_MAX];
  memset(&all, 0, sizeof all);
  memset(watchers, 0, sizeof watchers);
  pthread_mutex_init(&all.lock, NULL);
  all.is_paced = is_paced;
  open_all(&all, watchers, count, capacity, start);
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, watch, &watchers[i]) != 0) exit(2);
  write_until_done(&all, (uint64_t)count);
  for (int i = 0; i < count; i++) {
    const tickring_observer *observer = &watchers[i].observer;
    pthread_join(threads[i], NULL);
    if (observer->start != start) fail("start", start, observer->start);
    if (watchers[i].taken + observer->lost != all.writer.next - start ||
        watchers[i].taken != tickring_observer_seen(observer))
      fail("losses do not add up", all.writer.next, observer->lost);
    if (wanted >= LONG)
      printf("broadcast: capacity %llu: %llu written, %llu seen, %llu lost, 0 torn\n",
             (unsigned long long)capacity, (unsigned long long)(all.writer.next - start),
             (unsigned long long)watchers[i].taken, (unsigned long long)observer->lost);
    tickring_observer_close(&watchers[i].observer);
  }
  tickring_writer_close(&all.writer);
}

/* A long stall: 2^32 records later the slot's word has the same lower half, and must not do. */
static void look_after_a_turn_of_the_word(void) {
  shared all;
  watcher watchers[OBSERVERS_MAX];
  tickring_tick tick;
  memset(&all, 0, sizeof all);
  memset(watchers, 0, sizeof watchers);
  open_all(&all, watchers, 1, 8, 0);
  uint64_t later = UINT64_C(1) << 32;
  start_at(&all.writer.region, later + 8);
  tickring_observer *observer = &watchers[0].observer;
  bool is_taken = tickring_observe(observer, &tick);
  if (is_taken) check(observer->next - 1, &tick);
  if (observer->lost < later || observer->lost + is_taken != observer->next)
    fail("a turn of the word was not noticed", observer->next, observer->lost);
  tickring_observer_close(observer);
  tickring_writer_close(&all.writer);
}

int main(int argc, char **argv) {
  static const uint64_t capacities[] = {2, 4, 64, 1024};
  if (argc > 1) wanted = strtoull(argv[1], NULL, 10);
  look_after_a_turn_of_the_word();
  if (wanted >= LONG) { /* the long case */
    run_case(65536, 1, 0, true);
    printf("broadcast: ok\n");
    return 0;
  }
  for (size_t c = 0; c < sizeof capacities / sizeof capacities[0]; c++)
    for (int count = 1; count <= OBSERVERS_MAX; count += 2) {
      run_case(capacities[c], count, 0, false);
      run_case(capacities[c], count, (UINT64_C(1) << 32) - wanted / 2, true);
      run_case(capacities[c], count, (UINT64_C(1) << 63) - wanted / 2, true);
    }
  printf("broadcast: ok\n");
  return 0;
}
