/* soak.c: thousands of deaths of either side, or of both, and one stream through all of them.
 *
 * A producer and a consumer, processes of their own, attach a ring by its name. The parent kills
 * one of them or both (SIGKILL) at random times and starts successors, until the deaths are as many
 * as asked for; then both live until the stream has gone on, and all of it must be accounted for.
 * Half of the deaths are those of a small ring, whose producer asks the position alone, and half of
 * one whose producer asks the lazily shared head:
 *
 *   no record is torn, out of order, or lost once its publish has returned; nothing appears that
 *   was not published; a batch is whole; of a dead consumer at most what it held in hand is
 *   delivered again (one record; of a batch, the batch; of poll_each, an eighth of the ring); each
 *   claim of a free role succeeds at once, one of a held role is refused with its owner's pid;
 *   generations and `full` never go back.
 *
 * Each owner draws how it works: one at a time, pairs, or batches, in steps or in one call.
 *
 *   soak [KILLS [SEED]]   10,000 by default; SOAK_KILLS and SOAK_SEED do the same
 */
#include "soak_owners.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define SECONDS_MAX 230
/* The stream crosses 2^32 some time after its start. */
#define START ((UINT64_C(1) << 32) - 100000)

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

static void make_ring(uint64_t capacity) {
  tickring_options options = {0};
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = capacity;
  int error = tickring_create(directory, name, &options, &region);
  if (error) end_with(tickring_error_text(error), (uint64_t)error, 0);
  stream_start_at(&region, START);
  memset(shared, 0, sizeof *shared);
  shared->roles[0].done = shared->roles[1].done = START;
}

static uint64_t number_of(const char *text, const char *variable, uint64_t usual) {
  if (text == NULL) text = getenv(variable);
  return text == NULL ? usual : strtoull(text, NULL, 10);
}

/* One ring, from its first record to the last after `most` deaths. */
static void soak(uint64_t capacity, uint64_t most, uint64_t *draw) {
  uint64_t kills = 0;
  make_ring(capacity);
  for (int role = 0; role < 2; role++) start(role);
  while (kills < most) kills += one_round(draw);
  uint64_t generations[2] = {region.header->producer_generation,
                             region.header->consumer_generation};
  uint64_t full = region.header->full;
  finish();
  (void)tickring_remove(directory, name);
  printf("soak: %llu slots, seed %llu: %llu deaths, %llu and %llu generations, %llu records, %llu "
         "of them delivered twice, %llu times full: ok\n",
         (unsigned long long)capacity, (unsigned long long)seed, (unsigned long long)kills,
         (unsigned long long)generations[0], (unsigned long long)generations[1],
         (unsigned long long)(shared->roles[0].done - START),
         (unsigned long long)shared->roles[1].again, (unsigned long long)full);
  fflush(stdout);
}

int main(int argc, char **argv) {
  uint64_t most = number_of(argc > 1 ? argv[1] : NULL, "SOAK_KILLS", 10000);
  seed = number_of(argc > 2 ? argv[2] : NULL, "SOAK_SEED", 1);
  uint64_t draw = seed;
  shared = (board *)mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0);
  if (shared == MAP_FAILED) return 2;
  signal(SIGALRM, on_alarm);
  alarm(SECONDS_MAX);
  prctl(PR_SET_TIMERSLACK, 1000ul);
  if (mkdtemp(directory) == NULL) end_with("no folder in /dev/shm", 0, 0);
  soak(64, most / 2, &draw);
  soak(512, most - most / 2, &draw);
  rmdir(directory);
  return 0;
}
