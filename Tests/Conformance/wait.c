/* wait.c: waiting across processes: who sleeps is woken by a publish, by a death, or by the time.
 */
#include "tickring.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The ring that is being waited at: without a name, so that nothing is left of a test that dies. */
static tickring_region ring;

static void fail(const char *what, uint64_t value) {
  fprintf(stderr, "wait: %s: %llu\n", what, (unsigned long long)value);
  exit(1);
}

static void must(int error) {
  if (error) fail(tickring_error_text(error), (uint64_t)error);
}

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static tickring_region attach(void) {
  tickring_region region;
  must(tickring_duplicate(&ring, &region));
  return region;
}

static tickring_consumer make_ring(void) {
  tickring_options options;
  tickring_consumer consumer;
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = 8;
  must(tickring_create_unnamed("/dev/shm", &options, &ring));
  tickring_region region = attach();
  must(tickring_consumer_open(&region, &consumer, NULL));
  return consumer;
}

static void drop_ring(tickring_consumer *consumer) {
  tickring_detach(&ring);
  tickring_consumer_close(consumer);
}

/* Waits until a producer has claimed its role in the other process. */
static void await_producer(const tickring_consumer *consumer) {
  while (!tickring_role_is_held(&consumer->region, TICKRING_PRODUCER)) sleep_ms(1);
}

/* The other process: publishes `count` ticks, `pause_ms` apart, and lives on until it is killed. */
static pid_t start_producer(uint64_t count, long pause_ms, int event_fd) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(100); /* whatever becomes of the test, this process ends */
  tickring_producer producer;
  tickring_region region = attach();
  (void)tickring_wake_prepare();
  must(tickring_producer_open(&region, &producer, NULL));
  for (uint64_t number = 0; number < count; number++) {
    if (pause_ms > 0) sleep_ms(pause_ms);
    while (!tickring_publish(&producer, tickring_words_of(number, 0, 1, 1), 0)) sleep_ms(1);
    if (event_fd >= 0) (void)tickring_wake_event(&producer, event_fd);
    else (void)tickring_wake(&producer);
  }
  for (;;) pause();
}

static void stop(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

/* Takes `count` ticks, waiting for each. How long the longest wait took, ms. */
static uint64_t take(tickring_consumer *consumer, uint64_t count,
                     const tickring_wait_options *options) {
  uint64_t longest = 0;
  for (uint64_t number = 0; number < count; number++) {
    tickring_tick tick;
    uint64_t begin = now_ms();
    enum tickring_wait_result result = tickring_wait(consumer, options);
    uint64_t took = now_ms() - begin;
    if (result != TICKRING_WAIT_READY) fail("no tick", (uint64_t)result);
    if (took > longest) longest = took;
    if (!tickring_poll(consumer, &tick) || tick.word[0] != number) fail("another tick", number);
  }
  return longest;
}

/* A slice far longer than the test: whoever is woken by it was not woken by the producer. */
static void a_sleeper_is_woken_by_a_publish(void) {
  tickring_wait_options options = {TICKRING_WAIT_SLEEP, 10, 1, true, UINT64_C(30000000000), 0};
  tickring_consumer consumer = make_ring();
  pid_t pid = start_producer(40, 3, -1);
  uint64_t longest = take(&consumer, 40, &options);
  if (longest >= 20000) fail("a wake-up was missed, ms", longest);
  stop(pid);
  drop_ring(&consumer);
}

static void every_policy_gets_every_tick(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++)
    for (int exact = 0; exact < 2; exact++) {
      tickring_wait_options options = {policy, 100, 2, exact != 0, 0, 0};
      tickring_consumer consumer = make_ring();
      pid_t pid = start_producer(3000, 0, -1);
      (void)take(&consumer, 3000, &options);
      stop(pid);
      drop_ring(&consumer);
    }
}

static void a_death_ends_the_wait(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++) {
    tickring_wait_options options = {policy, 100, 2, false, UINT64_C(5000000), 0};
    tickring_consumer consumer = make_ring();
    pid_t pid = start_producer(5, 0, -1);
    (void)take(&consumer, 5, &options);
    pid_t killer = fork();
    if (killer == 0) {
      sleep_ms(30);
      kill(pid, SIGKILL);
      _exit(0);
    }
    uint64_t begin = now_ms();
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_PEER_GONE) fail("not told", policy);
    if (now_ms() - begin > 20000) fail("told late, ms", now_ms() - begin);
    waitpid(killer, NULL, 0);
    waitpid(pid, NULL, 0);
    drop_ring(&consumer);
  }
}

static void what_the_dead_published_is_taken_first(void) {
  tickring_wait_options options = {TICKRING_WAIT_SLEEP, 1, 1, false, 0, 0};
  tickring_consumer consumer = make_ring();
  pid_t pid = start_producer(8, 0, -1);
  await_producer(&consumer);
  while (tickring_load_acquire(&consumer.header->producer_generation) == 0) sleep_ms(1);
  for (uint64_t last = 7; (uint32_t)((uint64_t *)(void *)consumer.slots)[last * 4 + 3] == 0;)
    sleep_ms(1);
  stop(pid);
  (void)take(&consumer, 8, &options);
  if (tickring_wait(&consumer, &options) != TICKRING_WAIT_PEER_GONE) fail("not told", 8);
  drop_ring(&consumer);
}

/* As long as a yield takes beside a thread that computes; the library's calls end here. */
static long yield_ms = 0, yields = 0;

int sched_yield(void) {
  yields += 1;
  sleep_ms(yield_ms);
  return 0;
}

/* Of a time of three yields, and of a death, a waiter hears within a few of them. */
static void long_yields_make_no_long_wait(void) {
  for (uint32_t policy = TICKRING_WAIT_YIELD; policy <= TICKRING_WAIT_SLEEP; policy++) {
    tickring_wait_options options = {policy, 100, 1u << 20, false, 0, UINT64_C(30000000)};
    tickring_consumer consumer = make_ring();
    yield_ms = 10;
    yields = 0;
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_TIMEOUT) fail("no timeout", policy);
    if (yields < 1 || yields > 4) fail("yields before the time was looked at", (uint64_t)yields);
    pid_t pid = start_producer(0, 0, -1);
    await_producer(&consumer);
    stop(pid);
    options.timeout_ns = 0;
    yields = 0;
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_PEER_GONE) fail("not told", policy);
    if (yields > 4) fail("yields before the death was seen", (uint64_t)yields);
    yield_ms = 0;
    drop_ring(&consumer);
  }
}

/* A ring without a producer so far is not one whose producer is gone. */
static void the_time_ends_the_wait(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++) {
    tickring_wait_options options = {policy, 100, 2, false, 0, UINT64_C(30000000)};
    tickring_consumer consumer = make_ring();
    uint64_t begin = now_ms();
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_TIMEOUT) fail("no timeout", policy);
    if (now_ms() - begin < 29) fail("too early, ms", now_ms() - begin);
    drop_ring(&consumer);
  }
}

static uint64_t beat_of(const tickring_consumer *consumer) {
  return tickring_load_relaxed(&consumer->header->consumer_heartbeat_ns);
}

/* The other process: publishes only once it has seen three beats. */
static pid_t start_watcher(void) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(100);
  tickring_producer producer;
  tickring_region region = attach();
  must(tickring_producer_open(&region, &producer, NULL));
  uint64_t last = 1;
  for (int beats = 0; beats < 3; sleep_ms(1)) {
    uint64_t now = tickring_load_relaxed(&producer.header->consumer_heartbeat_ns);
    if (now != last) beats += 1;
    last = now;
  }
  (void)tickring_publish(&producer, tickring_words_of(0, 0, 1, 1), 0);
  (void)tickring_wake(&producer);
  for (;;) pause();
}

static void who_beats_beats_while_it_waits(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++) {
    tickring_wait_options options = {policy, 100, 2, false, 0, UINT64_C(60000000000)};
    tickring_consumer consumer = make_ring();
    tickring_consumer_beat(&consumer, 1); /* long ago */
    pid_t pid = start_watcher();
    (void)take(&consumer, 1, &options);
    tickring_consumer_beat(&consumer, 1);
    options.timeout_ns = 1; /* however short */
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_TIMEOUT) fail("no timeout", policy);
    if (beat_of(&consumer) == 1) fail("a short wait does not beat", policy);
    stop(pid);
    drop_ring(&consumer);
  }
}

/* Else it would be called hung after its next long piece of work. */
static void who_never_beats_does_not_by_waiting(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++) {
    tickring_wait_options options = {policy, 100, 2, false, 0, UINT64_C(10000000)};
    tickring_consumer consumer = make_ring();
    if (tickring_wait(&consumer, &options) != TICKRING_WAIT_TIMEOUT) fail("no timeout", policy);
    if (beat_of(&consumer) != 0) fail("it beat", policy);
    drop_ring(&consumer);
  }
}

/* The sum of it and the clock's reading would be long over. */
static void the_longest_time_does_not_end(void) {
  tickring_wait_options options = {TICKRING_WAIT_SLEEP, 1, 1, false, 0, UINT64_MAX};
  tickring_consumer consumer = make_ring();
  pid_t pid = start_producer(1, 20, -1);
  (void)take(&consumer, 1, &options);
  stop(pid);
  drop_ring(&consumer);
}

static void an_event_loop_is_woken_by_an_eventfd(void) {
  tickring_consumer consumer = make_ring();
  int event_fd = eventfd(0, EFD_NONBLOCK);
  pid_t pid = start_producer(40, 3, event_fd);
  uint64_t taken = 0, woken = 0, begin = now_ms();
  while (taken < 40) {
    tickring_tick tick;
    while (tickring_poll(&consumer, &tick)) taken += 1;
    if (taken == 40 || !tickring_wait_announce(&consumer, true)) continue;
    struct pollfd event = {event_fd, POLLIN, 0};
    if (poll(&event, 1, 20000) != 1) fail("the eventfd stayed silent", taken);
    uint64_t count = 0;
    if (read(event_fd, &count, sizeof count) == (ssize_t)sizeof count) woken += 1;
    if (now_ms() - begin > 60000) fail("too slow", taken);
  }
  if (woken == 0) fail("never slept", taken);
  stop(pid);
  close(event_fd);
  drop_ring(&consumer);
}

int main(void) {
  the_time_ends_the_wait();
  who_beats_beats_while_it_waits();
  who_never_beats_does_not_by_waiting();
  the_longest_time_does_not_end();
  a_sleeper_is_woken_by_a_publish();
  every_policy_gets_every_tick();
  a_death_ends_the_wait();
  what_the_dead_published_is_taken_first();
  long_yields_make_no_long_wait();
  an_event_loop_is_woken_by_an_eventfd();
  printf("wait: ok\n");
  return 0;
}
