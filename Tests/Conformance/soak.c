/* soak.c: thousands of deaths of either side, or of both, and one stream through all of them.
 *
 * A producer and a consumer, processes of their own, attach a ring by its name. The parent kills
 * one of them or both (SIGKILL) at random times and starts successors, until the deaths are as many
 * as asked for; then both live until the stream has gone on, and all of it must be accounted for:
 *
 *   no record is torn, out of order, or lost once its publish has returned; nothing appears that
 *   was not published; a batch is whole; of a dead consumer at most what it held in hand is
 *   delivered again (one record; of a batch, the batch); each claim of a free role succeeds at
 *   once, one of a held role is refused with its owner's pid; generations and `full` never go back.
 *
 * Each owner draws how it works: one at a time, pairs, or batches.
 *
 *   soak [KILLS [SEED]]   10,000 by default; SOAK_KILLS and SOAK_SEED do the same
 */
#include "stream.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CAPACITY 64
#define BATCH_MAX 8
#define SECONDS_MAX 110
/* The stream crosses 2^32 some time after its start. */
#define START ((UINT64_C(1) << 32) - 100000)

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

static bool publish_some(tickring_producer *producer, uint64_t owner, uint64_t count) {
  uint64_t next = producer->next;
  if (count == 1) return tickring_publish(producer, record_of(next, owner, 0, 1), 0);
  if (count == 2)
    return tickring_publish_pair(producer, record_of(next, owner, 0, 2),
                                 record_of(next + 1, owner, 1, 2), 0);
  if (tickring_claim(producer, count) < count) return false;
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
  watch before = {0, 0, 0};
  tickring_consumer consumer;
  tickring_region region = attach();
  note(&self->claims_begun, self->claims_begun + 1);
  int error = tickring_consumer_open(&region, &consumer, NULL);
  must_be(error == TICKRING_OK, "a free role is refused a consumer", (uint64_t)error, owner);
  note(&self->claims_done, self->claims_done + 1);
  check_takeover(self, &consumer);
  note(&self->done, consumer.next);
  note(&self->mode, most);
  note(&self->is_open, 1);
  while (!is_over(consumer.next)) {
    if (most == 0) take_one(self, &consumer, &before);
    else take_many(self, &consumer, &before, most);
  }
  _exit(0);
}

static pid_t pids[2];
static tickring_region region;
static uint64_t owners = 0;

static _Noreturn void end_with(const char *what, uint64_t number, uint64_t other) {
  say(what, number, other);
  for (int each = 0; each < 2; each++)
    if (pids[each] > 0) kill(pids[each], SIGKILL);
  (void)tickring_remove(directory, name);
  rmdir(directory);
  exit(1);
}

static void on_alarm(int number) {
  (void)number;
  end_with("it hangs", shared->roles[0].done, shared->roles[1].done);
}

static void start(int role) {
  uint64_t owner = ++owners, draw = seed * 1000003 + owner;
  note(&shared->roles[role].is_open, 0);
  pids[role] = fork();
  if (pids[role] < 0) end_with("no process can be started", owner, 0);
  if (pids[role] > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGALRM, SIG_DFL);
  alarm(SECONDS_MAX);
  if (role == TICKRING_PRODUCER) produce(owner, draw);
  consume(owner, draw);
}

/* An owner that found a fault has ended with it. */
static void must_live(int role) {
  int status = 0;
  if (waitpid(pids[role], &status, WNOHANG) == 0) return;
  pids[role] = 0;
  end_with("an owner found a fault", (uint64_t)role, (uint64_t)status);
}

static void await_open(int role) {
  while (tickring_load_acquire(&shared->roles[role].is_open) == 0) {
    must_live(role);
    sched_yield();
  }
}

/* A role that is held is refused to us, and its owner named. */
static void must_be_refused(int role) {
  tickring_region other;
  uint64_t pid = 0;
  int error = tickring_duplicate(&region, &other);
  if (!error) error = tickring_claim_role(&other, (enum tickring_role)role, &pid);
  tickring_detach(&other);
  if (error != TICKRING_E_ROLE_TAKEN) end_with("a held role was given", (uint64_t)error, 0);
  if (pid != (uint64_t)pids[role]) end_with("another owner was named", pid, (uint64_t)pids[role]);
}

static void check_generation(int role, uint64_t generation) {
  const struct role *known = &shared->roles[role];
  if (generation < known->claims_done || generation > known->claims_begun)
    end_with("a generation is not counted", generation, known->claims_done);
}

/* Kills those of `victims` (bit 0: producer, bit 1: consumer); how many. */
static uint64_t kill_them(uint64_t victims) {
  uint64_t count = 0;
  int status = 0;
  for (int role = 0; role < 2; role++)
    if ((victims >> role & 1) != 0) kill(pids[role], SIGKILL);
  for (int role = 0; role < 2; role++) {
    if ((victims >> role & 1) == 0) continue;
    if (waitpid(pids[role], &status, 0) != pids[role]) end_with("waiting", 0, 0);
    pids[role] = 0;
    if (!WIFSIGNALED(status)) end_with("an owner found a fault", (uint64_t)role, (uint64_t)status);
    if (tickring_role_is_held(&region, (enum tickring_role)role))
      end_with("the dead hold a role", (uint64_t)role, 0);
    check_generation(role, role == TICKRING_PRODUCER ? region.header->producer_generation
                                                     : region.header->consumer_generation);
    count++;
  }
  return count;
}

static void pause_for(uint64_t us) {
  struct timespec time = {0, (long)us * 1000};
  nanosleep(&time, NULL);
}

/* Deaths come while the end is being opened too: one in eight does not wait for that. */
static uint64_t one_round(uint64_t *draw) {
  uint64_t victims = 1 + stream_draw(draw) % 3;
  if (stream_draw(draw) % 8 != 0)
    for (int role = 0; role < 2; role++)
      if ((victims >> role & 1) != 0) await_open(role);
  for (int role = 0; role < 2; role++)
    if (shared->roles[role].is_open != 0 && stream_draw(draw) % 16 == 0) must_be_refused(role);
  uint64_t us = stream_draw(draw) % 400;
  if (us >= 50) pause_for(us - 50);
  uint64_t count = kill_them(victims);
  for (int role = 0; role < 2; role++)
    if (pids[role] == 0) start(role);
  return count;
}

/* Both live until the stream has gone on; then what is left is polled here. */
static void finish(void) {
  tickring_consumer consumer;
  tickring_tick tick;
  int status = 0;
  for (int role = 0; role < 2; role++) await_open(role);
  note(&shared->until, tickring_load_acquire(&shared->roles[0].done) + 100000);
  for (int role = 0; role < 2; role++) {
    if (waitpid(pids[role], &status, 0) != pids[role] || status != 0)
      end_with("an owner found a fault", (uint64_t)role, (uint64_t)status);
    pids[role] = 0;
  }
  if (tickring_consumer_open(&region, &consumer, NULL) != TICKRING_OK)
    end_with("a free role is refused", 0, 0);
  if (consumer.next != shared->roles[1].done) end_with("lost at the end", consumer.next, 0);
  for (uint64_t next = consumer.next; next < shared->roles[0].done; next++)
    if (!tickring_poll(&consumer, &tick) || tick.word[0] != next || !stream_is_whole(tick.word, 3))
      end_with("lost at the end", next, shared->roles[0].done);
  if (!tickring_is_empty(&consumer)) end_with("a phantom at the end", consumer.next, 0);
  tickring_consumer_close(&consumer);
}

static void make_ring(void) {
  tickring_options options = {0};
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = CAPACITY;
  if (mkdtemp(directory) == NULL) end_with("no folder in /dev/shm", 0, 0);
  int error = tickring_create(directory, name, &options, &region);
  if (error) end_with(tickring_error_text(error), (uint64_t)error, 0);
  stream_start_at(&region, START);
  shared->roles[0].done = shared->roles[1].done = START;
}

static uint64_t number_of(const char *text, const char *variable, uint64_t usual) {
  if (text == NULL) text = getenv(variable);
  return text == NULL ? usual : strtoull(text, NULL, 10);
}

int main(int argc, char **argv) {
  uint64_t most = number_of(argc > 1 ? argv[1] : NULL, "SOAK_KILLS", 10000);
  seed = number_of(argc > 2 ? argv[2] : NULL, "SOAK_SEED", 1);
  uint64_t draw = seed, kills = 0;
  shared = (board *)mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0);
  if (shared == MAP_FAILED) return 2;
  signal(SIGALRM, on_alarm);
  alarm(SECONDS_MAX);
  prctl(PR_SET_TIMERSLACK, 1000ul);
  make_ring();
  for (int role = 0; role < 2; role++) start(role);
  while (kills < most) kills += one_round(&draw);
  uint64_t generations[2] = {region.header->producer_generation,
                             region.header->consumer_generation};
  uint64_t full = region.header->full;
  finish();
  (void)tickring_remove(directory, name);
  rmdir(directory);
  printf("soak: seed %llu: %llu deaths, %llu and %llu generations, %llu records, %llu of them "
         "delivered twice, %llu times full: ok\n",
         (unsigned long long)seed, (unsigned long long)kills, (unsigned long long)generations[0],
         (unsigned long long)generations[1], (unsigned long long)(shared->roles[0].done - START),
         (unsigned long long)shared->roles[1].again, (unsigned long long)full);
  return 0;
}
