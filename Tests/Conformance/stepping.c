/* stepping.c: a process is killed after every single instruction of every call of the hot path.
 *
 * A child opens its end of a ring and is single-stepped (ptrace) through one operation; for each
 * count of instructions, a fresh one is killed there (SIGKILL). The parent, which holds the other
 * side, then checks the stream, with a successor that takes the dead side over. Forbidden: a record
 * that is torn, part of a batch, a record that nobody committed, one that was committed and is
 * lost, more delivered twice than the one in hand (of a batch: the batch; in poll_each no more of
 * it than an eighth of the capacity), and a ring that blocks.
 *
 * Then the same with mistakes built in on purpose, each of which must be found out.
 */
#include "stepping_checks.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX 4000
#define SECONDS_MAX 230

#if defined(__x86_64__) || defined(__i386__)
#define MARK() __asm__ __volatile__("int3" ::: "memory")
#else
#define MARK() raise(SIGTRAP)
#endif

static const operation operations[] = {
    {"publish", PRODUCES, false, 1, publish_twice, false, false, 0},
    {"publish_pair", PRODUCES, false, 2, publish_pair, false, false, 0},
    {"claim, set, commit", PRODUCES, false, BATCH, commit_batch, false, false, 0},
    {"publish_each", PRODUCES, false, BATCH, publish_each, false, false, 0},
    {"publish64", PRODUCES, true, 1, publish64_twice, false, false, 0},
    {"claim, set64, commit64", PRODUCES, true, BATCH, commit_batch64, false, false, 0},
    {"producer_open, publish", PRODUCES, false, 1, succeed_producer, true, false, 0},
    {"poll", CONSUMES, false, 1, poll_thrice, false, false, 0},
    {"peek, advance", CONSUMES, false, BATCH, peek_and_advance, false, false, 0},
    {"poll_each", CONSUMES, false, BATCH, poll_each, false, false, 0},
    {"poll64", CONSUMES, true, 1, poll64_thrice, false, false, 0},
    {"peek64, advance", CONSUMES, true, BATCH, peek64_and_advance, false, false, 0},
    {"consumer_open, poll", CONSUMES, false, 1, succeed_consumer, true, false, 0},
    {"broadcast", WRITES, false, 1, broadcast_twice, false, false, 0},
    {"broadcast_each", WRITES, false, 1, broadcast_each, false, false, 0},
    {"writer_open, broadcast", WRITES, false, 1, succeed_writer, true, false, 0},
    {"mistake: word first", PRODUCES, false, 1, mistake_word_first, false, false, TORN + 1},
    {"mistake: first word first", PRODUCES, false, BATCH, mistake_first_word_first, false, false,
     PART + 1},
    {"mistake: no withdrawal", PRODUCES, false, BATCH, commit_batch, false, true, PHANTOM + 1},
    {"mistake: copies last", CONSUMES, false, 1, mistake_advance_before_copy, false, false,
     LOST + 1},
    {"mistake: no position", CONSUMES, false, 1, mistake_no_position, false, false, AGAIN + 1},
    {"mistake: head first", CONSUMES, false, 1, mistake_head_first, false, false, LOST + 1},
    {"mistake: not announced", WRITES, false, 1, mistake_no_announcement, false, false, TORN + 1},
};

#define BROADCAST_CAPACITY 128

/* Fresh; about to wrap the ring and 2^32; full, at 2^63; with eighths of two slots, though of small
 * rings the producer asks the position alone; for broadcast alone, whose smaller rings announce one
 * record at a time, one before a stretch of 32; for queues alone, nearly full and with an eighth
 * that ends among what is polled, one whose producer asks the lazily shared head. */
static const start starts[] = {{8, 0, 0},
                               {8, (UINT64_C(1) << 32) - 6, 5},
                               {8, (UINT64_C(1) << 63) - 4, 8},
                               {16, (UINT64_C(1) << 32) - 14, 12},
                               {BROADCAST_CAPACITY, (UINT64_C(1) << 32) - 160, 31},
                               {CAPACITY_MAX, (UINT64_C(1) << 32) - 2, CAPACITY_MAX - 3}};

static char directory[] = "/dev/shm/tickring-stepping.XXXXXX";
static const char *name = "ring";
static const char *step = "starting";

static void end_with(const char *what) {
  fprintf(stderr, "stepping: %s (%s): %s\n", what, step, strerror(errno));
  (void)tickring_remove(directory, name);
  rmdir(directory);
  exit(1);
}

static void on_alarm(int number) {
  (void)number;
  static const char text[] = "stepping: it hangs\n";
  (void)!write(STDERR_FILENO, text, sizeof text - 1);
  _exit(1);
}

static void must(int error) {
  if (!error) return;
  fprintf(stderr, "stepping: %s\n", tickring_error_text(error));
  end_with("the ring");
}

/* A batch of which all is written but the first word, as its killed producer leaves it. */
static void leave_half_a_batch(tickring_producer *producer) {
  if (tickring_claim(producer, BATCH) < BATCH) return;
  for (uint64_t i = 0; i < BATCH; i++)
    tickring_set(producer, i, stream_tick(producer->next + i, OWNER_FIRST));
  for (uint64_t i = 1; i < BATCH; i++)
    tickring_claimed(producer, i)->word = tickring_word(producer->next + i, 7);
}

static void prepare_queue(death *self) {
  tickring_options options = {0};
  tickring_region region, other;
  options.kind = self->what->is_64 ? TICKRING_REGION_ORDERS : TICKRING_REGION_TICKS;
  options.capacity = self->from->capacity;
  must(tickring_create(directory, name, &options, &region));
  stream_start_at(&region, self->from->sequence);
  must(tickring_duplicate(&region, &other));
  must(tickring_producer_open(&region, &self->producer, NULL));
  for (uint64_t number = 0; number < self->from->fill; number++)
    (void)publish_one(self, &self->producer, OWNER_FIRST);
  if (self->what->side == CONSUMES) {
    tickring_detach(&other);
    return;
  }
  if (self->what->is_takeover) leave_half_a_batch(&self->producer);
  tickring_producer_close(&self->producer);
  must(tickring_consumer_open(&other, &self->consumer, NULL));
}

/* Of a broadcast ring only the low bits of the start are taken, and a full lap is written. */
static void prepare_broadcast(death *self) {
  tickring_options options = {0};
  tickring_region region, other;
  tickring_writer writer;
  options.kind = TICKRING_REGION_BROADCAST;
  options.capacity = self->from->capacity;
  must(tickring_create(directory, name, &options, &region));
  region.header->tail = self->from->sequence;
  must(tickring_duplicate(&region, &other));
  must(tickring_writer_open(&region, &writer, NULL));
  uint64_t count = self->from->fill == 0 ? 0 : self->from->capacity + self->from->fill;
  for (uint64_t number = 0; number < count; number++)
    tickring_broadcast(&writer, stream_tick(writer.next, OWNER_FIRST), 7);
  must(tickring_observer_open(&other, TICKRING_START_NEXT, &self->observer));
  tickring_writer_close(&writer);
}

static void make_records(const death *self, ends *mine) {
  uint64_t first = self->what->side == WRITES ? self->observer.start
                                              : self->from->sequence + self->from->fill;
  for (uint64_t i = 0; i < BATCH; i++)
    stream_fill(mine->made[i], self->what->is_64 ? 7 : 3, first + i, OWNER_CHILD);
}

static _Noreturn void be_the_child(death *self) {
  ends mine;
  int error = 0;
  memset(&mine, 0, sizeof mine);
  mine.hand = self->hand;
  make_records(self, &mine);
  mine.region = attach_here(self);
  if (!self->what->is_takeover) {
    if (self->what->side == PRODUCES)
      error = tickring_producer_open(&mine.region, &mine.producer, NULL);
    else if (self->what->side == CONSUMES)
      error = tickring_consumer_open(&mine.region, &mine.consumer, NULL);
    else
      error = tickring_writer_open(&mine.region, &mine.writer, NULL);
  }
  if (error) _exit(3);
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(4);
  MARK();
  self->what->run(&mine);
  MARK();
  _exit(5);
}

static void must_be_stopped(int status) {
  if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP) return;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 4)
    fprintf(stderr, "stepping: ptrace is not permitted here, so that NOTHING was tested: in a "
                    "container allow it (--cap-add=SYS_PTRACE, or a seccomp profile with "
                    "ptrace); on a host set kernel.yama.ptrace_scope below 3\n");
  end_with("the child cannot be traced");
}

/* Whether the child stands at a mark, and not after a step (the second of the codes: of a system
 * call). */
static bool is_at_mark(pid_t pid) {
  siginfo_t info;
  if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) != 0) end_with("the signal");
  return info.si_code != TRAP_TRACE && info.si_code != TRAP_BRKPT;
}

/* Runs a child up to `steps` instructions into the operation, and kills it there. */
static bool run_and_kill(death *self, uint64_t steps) {
  int status = 0;
  bool has_ended = false;
  pid_t pid = fork();
  if (pid < 0) end_with("fork");
  if (pid == 0) be_the_child(self);
  if (waitpid(pid, &status, 0) != pid) end_with("waiting");
  must_be_stopped(status);
  for (uint64_t number = 0; number < steps && !has_ended; number++) {
    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) end_with("a step");
    if (waitpid(pid, &status, 0) != pid) end_with("waiting");
    must_be_stopped(status);
    has_ended = is_at_mark(pid);
  }
  if (kill(pid, SIGKILL) != 0 || waitpid(pid, &status, 0) != pid) end_with("killing");
  return has_ended;
}

static tickring_header *header_of(const death *self) {
  switch (self->what->side) {
    case PRODUCES: return self->consumer.header;
    case CONSUMES: return self->producer.header;
    default: return self->observer.header;
  }
}

static void check(death *self) {
  switch (self->what->side) {
    case PRODUCES: check_producer(self); break;
    case CONSUMES: check_consumer(self); break;
    default: check_writer(self); break;
  }
}

/* The same death twice: the survivor looks before there is a successor, and only after. */
static void check_both(death *self) {
  static unsigned char memory[TICKRING_HEADER_BYTES + CAPACITY_MAX * 64];
  const death before = *self;
  uint64_t bytes = TICKRING_HEADER_BYTES + self->from->capacity * (self->what->is_64 ? 64 : 32);
  memcpy(memory, header_of(self), bytes);
  self->looks_first = true;
  check(self);
  *self = before;
  memcpy(header_of(self), memory, bytes);
  check(self);
}

static void close_ends(death *self) {
  switch (self->what->side) {
    case PRODUCES: tickring_consumer_close(&self->consumer); break;
    case CONSUMES: tickring_producer_close(&self->producer); break;
    default: tickring_observer_close(&self->observer); break;
  }
  must(tickring_remove(directory, name));
}

/* One point: true once the child had done all of it. */
static bool die_after(const operation *what, const start *from, uint64_t steps, hand *hand,
                      tally *tally) {
  death self;
  memset(&self, 0, sizeof self);
  memset(hand, 0, sizeof *hand);
  self.what = what;
  self.from = from;
  self.directory = directory;
  self.name = name;
  self.hand = hand;
  self.tally = tally;
  if (what->side == WRITES) prepare_broadcast(&self);
  else prepare_queue(&self);
  self.has_ended = run_and_kill(&self, steps);
  check_both(&self);
  close_ends(&self);
  tally->points += 1;
  return self.has_ended;
}

/* A producer's takeover looks at every slot: of the largest ring that is too many to die after. */
static bool begins_at(const operation *what, const start *from) {
  if (what->side == WRITES) return from->capacity != CAPACITY_MAX;
  if (what->side == PRODUCES && what->is_takeover && from->capacity == CAPACITY_MAX) return false;
  return from->capacity != BROADCAST_CAPACITY;
}

static void run_operation(const operation *what, hand *hand, tally *tally) {
  step = what->name;
  for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
    if (!begins_at(what, &starts[s])) continue;
    for (uint64_t steps = 0; !die_after(what, &starts[s], steps, hand, tally); steps++)
      if (steps == STEPS_MAX) end_with("the operation does not end");
  }
}

/* Prints its line of the table; whether it is as it must be. */
static bool report(const operation *what, const tally *tally) {
  uint64_t faults = 0;
  printf("%-26s %7llu %7llu", what->name, (unsigned long long)tally->points,
         (unsigned long long)tally->twice);
  for (int fault = 0; fault < FAULTS; fault++) {
    faults += tally->faults[fault];
    printf(" %7llu", (unsigned long long)tally->faults[fault]);
  }
  bool is_right = what->mistake_found == 0 ? faults == 0 && tally->points > 40
                                           : tally->faults[what->mistake_found - 1] > 0;
  printf("  %s\n", is_right ? (what->mistake_found ? "found out" : "ok") : "NOT SO");
  fflush(stdout);
  return is_right;
}

/* One core for all: a step is then a switch, and not a wake-up of another core. */
static void stay_on_this_core(void) {
  cpu_set_t set;
  int core = sched_getcpu();
  CPU_ZERO(&set);
  CPU_SET(core < 0 ? 0u : (unsigned)core, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

int main(void) {
  int wrong = 0;
  signal(SIGALRM, on_alarm);
  alarm(SECONDS_MAX);
  stay_on_this_core();
  if (mkdtemp(directory) == NULL) end_with("a folder in /dev/shm");
  hand *shared = (hand *)mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) end_with("memory");
  printf("%-26s %7s %7s %7s %7s %7s %7s %7s %7s\n", "killed in", "points", "twice", "torn", "part",
         "phantom", "lost", "again", "stuck");
  for (size_t each = 0; each < sizeof operations / sizeof operations[0]; each++) {
    tally tally = {0};
    run_operation(&operations[each], shared, &tally);
    wrong += !report(&operations[each], &tally);
  }
  rmdir(directory);
  printf("stepping: %s\n", wrong == 0 ? "ok" : "NOT OK");
  return wrong != 0;
}
