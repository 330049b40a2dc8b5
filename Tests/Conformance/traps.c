/* traps.c: what only a programmer can do wrong with a batch ends the process at once: committing
 * more than is known to be free, and advancing past more than was found. Up to that many does not:
 * of a commit beyond its claim, but within what is free, nothing is known by then. */
#include "tickring.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPACITY 8

typedef struct ends {
  tickring_producer producer;
  tickring_consumer consumer;
} ends;

static void publish(ends *ring, uint64_t count) {
  uint64_t granted = tickring_claim(&ring->producer, count);
  for (uint64_t i = 0; i < granted; i++)
    tickring_set(&ring->producer, i, tickring_words_of(i, 0, 1, 1));
  tickring_commit(&ring->producer, granted, 0);
}

static void poll_once(ends *ring) {
  tickring_tick tick;
  (void)tickring_poll(&ring->consumer, &tick);
}

static void commits_what_was_granted(ends *ring) { publish(ring, CAPACITY + 1); }

static void commits_one_more(ends *ring) {
  tickring_commit(&ring->producer, tickring_claim(&ring->producer, CAPACITY) + 1, 0);
}

static void commits_more_than_claimed_of_what_is_free(ends *ring) {
  tickring_commit(&ring->producer, tickring_claim(&ring->producer, 3) + 2, 0);
}

static void commits_in_a_full_ring(ends *ring) {
  publish(ring, CAPACITY);
  tickring_commit(&ring->producer, 1, 0);
}

static void advances_past_what_was_found(ends *ring) {
  for (uint64_t turn = 0; turn < 3; turn++) {
    publish(ring, 5);
    uint64_t found = tickring_peek(&ring->consumer, 5);
    tickring_advance(&ring->consumer, found - 2);
    tickring_advance(&ring->consumer, 2);
    tickring_advance(&ring->consumer, 0);
  }
}

static void advances_past_one_more(ends *ring) {
  publish(ring, 5);
  tickring_advance(&ring->consumer, tickring_peek(&ring->consumer, 3) + 1); /* one is there */
}

static void advances_twice(ends *ring) {
  publish(ring, 5);
  uint64_t found = tickring_peek(&ring->consumer, 3);
  tickring_advance(&ring->consumer, found);
  tickring_advance(&ring->consumer, found);
}

static void advances_unlooked(ends *ring) {
  publish(ring, 5);
  tickring_advance(&ring->consumer, 1);
}

static void advances_past_nothing_found(ends *ring) {
  tickring_advance(&ring->consumer, tickring_peek(&ring->consumer, CAPACITY) + 1);
}

static void advances_past_what_was_polled(ends *ring) {
  publish(ring, 5);
  uint64_t found = tickring_peek(&ring->consumer, 3);
  for (int tick = 0; tick < 4; tick++) poll_once(ring);
  tickring_advance(&ring->consumer, found);
}

static void polls_and_advances_past_the_rest(ends *ring) {
  publish(ring, 5);
  uint64_t found = tickring_peek(&ring->consumer, 3);
  poll_once(ring);
  tickring_advance(&ring->consumer, found - 1);
}

static const struct {
  const char *claim;
  void (*run)(ends *ring);
  bool traps;
} cases[] = {
    {"a commit of what was granted", commits_what_was_granted, false},
    {"a commit of one more", commits_one_more, true},
    {"a commit beyond a claim, of free slots", commits_more_than_claimed_of_what_is_free, false},
    {"a commit in a full ring", commits_in_a_full_ring, true},
    {"an advance past what was found, in parts", advances_past_what_was_found, false},
    {"an advance past one more", advances_past_one_more, true},
    {"a second advance past the same", advances_twice, true},
    {"an advance without a look", advances_unlooked, true},
    {"an advance where nothing was found", advances_past_nothing_found, true},
    {"an advance past what was polled since", advances_past_what_was_polled, true},
    {"an advance past what a poll left", polls_and_advances_past_the_rest, false},
};

/* A ring that begins at `start`, as after so many ticks. */
static int open_ring(ends *ring, uint64_t start) {
  tickring_options options;
  tickring_region region, other;
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = CAPACITY;
  int error = tickring_create_sealed(&options, &region);
  if (error) return error;
  region.header->position = region.header->head = start;
  error = tickring_duplicate(&region, &other);
  if (!error) error = tickring_producer_open(&region, &ring->producer, NULL);
  if (!error) error = tickring_consumer_open(&other, &ring->consumer, NULL);
  return error;
}

/* In a process of its own. */
static bool ends_as_it_should(size_t number, uint64_t start) {
  static const struct rlimit no_core;
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    ends ring;
    (void)setrlimit(RLIMIT_CORE, &no_core);
    alarm(60);
    if (open_ring(&ring, start) != TICKRING_OK) _exit(2);
    cases[number].run(&ring);
    _exit(0);
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return false;
  /* ud2 on x86-64, brk elsewhere */
  bool trapped = WIFSIGNALED(status) &&
                 (WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
  return cases[number].traps ? trapped : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void) {
  static const uint64_t starts[] = {0, 3, UINT64_MAX - 2, UINT64_C(1) << 32};
  int failures = 0;
  for (size_t number = 0; number < sizeof cases / sizeof cases[0]; number++)
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
      if (ends_as_it_should(number, starts[i])) continue;
      fprintf(stderr, "traps: %s does not end as it should, beginning at %llu\n",
              cases[number].claim, (unsigned long long)starts[i]);
      failures++;
    }
  if (failures == 0) printf("traps: ok\n");
  return failures != 0;
}
