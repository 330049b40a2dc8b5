/* truncate.c: files that shrink and grow under live readers and writers: an error with a reason
 * each time, never a crash and never a wait.
 *
 *   truncate DIRECTORY   a folder of its own in shared memory
 */
#include "region_tests.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Another process truncates the file to `bytes`, some time from now. */
static pid_t truncate_later(const char *name, off_t bytes) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(60);
  usleep(2000);
  _exit(truncate(path_of(name), bytes) == 0 ? 0 : 1);
}

static void await(pid_t pid) {
  int status = 1;
  waitpid(pid, &status, 0);
  expect(status == 0, "the other process did its part");
}

/* What every attach is told from now on, and what is left is removed all the same. */
static void refuse_and_remove(const char *name, uint32_t kind, off_t bytes) {
  int reason = bytes < 4096 ? TICKRING_E_NOT_A_REGION : TICKRING_E_SIZE;
  tickring_info info;
  expect_error(attach_error(name, kind), reason, "the next attach is refused");
  expect_error(tickring_inspect(directory, name, &info), TICKRING_OK, "it can be looked at");
  expect_error(info.verdict, reason, "and the verdict is the same");
  expect(info.header.magic == (bytes < 8 ? 0 : TICKRING_MAGIC), "what is left says what it was");
  expect_error(tickring_remove(directory, name), TICKRING_OK, "it is removed");
}

static const off_t sizes[] = {0, 100, 4096, 8192}; /* nothing, half a header, no slots, some */

static void note_position(tickring_producer *producer) {
  tickring_store_release(&producer->header->position, producer->next);
}

static void a_writer_of_a_truncated_queue_lives_on(void) {
  for (size_t each = 0; each < sizeof sizes / sizeof sizes[0]; each++) {
    tickring_region region = create("ring", TICKRING_REGION_TICKS);
    tickring_producer producer;
    tickring_consumer consumer;
    tickring_tick tick;
    tickring_region other = attach("ring", TICKRING_REGION_TICKS);
    expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "a producer");
    expect_error(tickring_consumer_open(&other, &consumer, NULL), TICKRING_OK, "a consumer");
    expect_error(tickring_guard(&producer.region), TICKRING_OK, "a guard");
    expect_error(tickring_guard(&consumer.region), TICKRING_OK, "a guard");
    pid_t pid = truncate_later("ring", sizes[each]);
    while (!tickring_is_lost(&producer.region)) {
      (void)tickring_publish(&producer, stream_tick(producer.next, 1), 0);
      (void)tickring_wake(&producer);
      (void)tickring_poll(&consumer, &tick);
      /* A consumer that is lost advances for itself alone: another one takes its place. */
      if (tickring_is_lost(&consumer.region)) note_position(&producer);
    }
    await(pid);
    (void)tickring_claim(&producer, 8);
    (void)tickring_role_is_held(&producer.region, TICKRING_CONSUMER);
    tickring_unguard(&producer.region);
    tickring_unguard(&consumer.region);
    tickring_producer_close(&producer);
    tickring_consumer_close(&consumer);
    refuse_and_remove("ring", TICKRING_REGION_TICKS, sizes[each]);
  }
}

/* Polls, peeks and waits; whatever it is given before is whole. */
static void read_until_lost(tickring_consumer *consumer, int way) {
  tickring_wait_options wait = {TICKRING_WAIT_SLEEP, 10, 1, false, 100000, 1000000};
  tickring_tick tick;
  while (!tickring_is_lost(&consumer->region)) {
    uint64_t sequence = consumer->next;
    bool is_there = false;
    if (way == 0) {
      is_there = tickring_poll(consumer, &tick);
    } else if (way == 1 && tickring_peek(consumer, 4) > 0) {
      memcpy(&tick, tickring_peeked(consumer, 0), sizeof tick);
      tickring_advance(consumer, 1);
      is_there = true;
    } else if (way == 2) {
      (void)tickring_wait(consumer, &wait);
      is_there = tickring_poll(consumer, &tick);
    }
    if (is_there && !tickring_is_lost(&consumer->region))
      expect(tick.word[0] == sequence && stream_is_whole(tick.word, 3), "it is whole");
  }
}

/* Publishes into a region until it cannot any more: with a guard of its own. */
static pid_t start_writer(const char *name) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  tickring_producer producer;
  alarm(60);
  tickring_region region = attach(name, TICKRING_REGION_TICKS);
  expect_error(tickring_guard(&region), TICKRING_OK, "a guard");
  expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "a producer");
  while (!tickring_is_lost(&producer.region)) {
    for (int turn = 0; turn < 64; turn++)
      (void)tickring_publish(&producer, stream_tick(producer.next, 1), 0);
    (void)tickring_wake(&producer);
    sched_yield();
  }
  _exit(0);
}

/* It has met the end of the file too, or waits for room from a consumer that is lost. */
static void end_writer(pid_t pid) {
  int status = 1;
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  expect(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL), "it lived on");
}

static void a_reader_of_a_truncated_queue_lives_on(void) {
  for (size_t each = 0; each < sizeof sizes / sizeof sizes[0]; each++)
    for (int way = 0; way < 3; way++) {
      tickring_region region = create("ring", TICKRING_REGION_TICKS);
      tickring_consumer consumer;
      expect_error(tickring_consumer_open(&region, &consumer, NULL), TICKRING_OK, "a consumer");
      expect_error(tickring_guard(&consumer.region), TICKRING_OK, "a guard");
      pid_t writer = start_writer("ring");
      while (!tickring_role_is_held(&consumer.region, TICKRING_PRODUCER)) sched_yield();
      pid_t pid = truncate_later("ring", sizes[each]);
      read_until_lost(&consumer, way);
      await(pid);
      end_writer(writer);
      tickring_unguard(&consumer.region);
      tickring_consumer_close(&consumer);
      refuse_and_remove("ring", TICKRING_REGION_TICKS, sizes[each]);
    }
}

static void both_ends_of_a_truncated_broadcast_ring_live_on(void) {
  tickring_region region = create("cast", TICKRING_REGION_BROADCAST), reader;
  tickring_writer writer;
  tickring_observer observer;
  tickring_tick tick;
  expect_error(tickring_attach_reader(directory, "cast", TICKRING_REGION_BROADCAST, &reader),
               TICKRING_OK, "a reader");
  expect_error(tickring_writer_open(&region, &writer, NULL), TICKRING_OK, "a writer");
  expect_error(tickring_observer_open(&reader, TICKRING_START_NEXT, &observer), TICKRING_OK, "one");
  expect_error(tickring_guard(&writer.region), TICKRING_OK, "a guard");
  expect_error(tickring_guard(&observer.region), TICKRING_OK, "a guard");
  pid_t pid = truncate_later("cast", 4096);
  while (!tickring_is_lost(&writer.region) || !tickring_is_lost(&observer.region)) {
    tickring_broadcast(&writer, stream_tick(writer.next, 1), 0);
    for (int turn = 0; turn < 4; turn++) (void)tickring_observe(&observer, &tick);
  }
  await(pid);
  tickring_unguard(&writer.region);
  tickring_unguard(&observer.region);
  tickring_writer_close(&writer);
  tickring_observer_close(&observer);
  refuse_and_remove("cast", TICKRING_REGION_BROADCAST, 4096);
}

/* Two parts of a program may each guard what they share, and neither knows of the other. */
static void every_guard_of_a_region_knows_that_it_is_lost(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  for (int guards = 0; guards < 2; guards++)
    expect_error(tickring_guard(&region), TICKRING_OK, "a guard");
  await(truncate_later("ring", 0));
  expect(tickring_load_relaxed(&region.header->magic) == 0, "it is zeros");
  tickring_unguard(&region);
  expect(tickring_is_lost(&region), "the other guard knows");
  expect_error(tickring_guard(&region), TICKRING_OK, "a guard that comes late");
  tickring_unguard(&region);
  expect(tickring_is_lost(&region), "knows as well");
  tickring_unguard(&region);
  tickring_detach(&region);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

/* More file than was mapped is nobody's business; but nobody new trusts it. */
static void a_file_that_grows_changes_nothing_for_those_attached(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  tickring_region other = attach("ring", TICKRING_REGION_TICKS);
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_tick tick;
  off_t bytes = (off_t)region.bytes;
  expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "a producer");
  expect_error(tickring_consumer_open(&other, &consumer, NULL), TICKRING_OK, "a consumer");
  expect_error(tickring_guard(&consumer.region), TICKRING_OK, "a guard");
  pid_t pid = truncate_later("ring", bytes + 12345);
  for (uint64_t number = 0; number < UINT64_C(1000000); number++) {
    expect(tickring_publish(&producer, stream_tick(number, 1), 0), "there is room");
    bool is_there = tickring_poll(&consumer, &tick) && tick.word[0] == number;
    expect(is_there && stream_is_whole(tick.word, 3), "the stream goes on");
  }
  await(pid);
  expect(tickring_publish(&producer, stream_tick(1, 1), 0), "there is room after it");
  expect(tickring_poll(&consumer, &tick), "and it arrives");
  expect(!tickring_is_lost(&consumer.region), "nothing is lost");
  expect_error(attach_error("ring", TICKRING_REGION_TICKS), TICKRING_E_SIZE, "others refuse it");
  expect(truncate(path_of("ring"), bytes) == 0, "it shrinks to what it was");
  expect_error(attach_error("ring", TICKRING_REGION_TICKS), TICKRING_OK, "and is a region again");
  tickring_unguard(&consumer.region);
  tickring_producer_close(&producer);
  tickring_consumer_close(&consumer);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

/* A peer truncates and restores the file all the while: attaching needs no guard. */
static void attaching_a_file_that_shrinks_meanwhile_is_no_crash(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS), other;
  int fd = open(path_of("ring"), O_RDWR);
  unsigned char header[4096];
  uint64_t refused = 0, accepted = 0;
  memcpy(header, region.header, sizeof header);
  pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    for (;;)
      if (ftruncate(fd, 0) != 0 || ftruncate(fd, (off_t)region.bytes) != 0 ||
          pwrite(fd, header, sizeof header, 0) != (ssize_t)sizeof header)
        _exit(1);
  }
  /* Beyond the first turns only until both states were met: the peer may have no core yet. */
  for (int turn = 0; turn < 20000 || (turn < 1000000 && (refused == 0 || accepted == 0)); turn++) {
    if (turn >= 20000) sched_yield();
    int error = tickring_attach(directory, "ring", TICKRING_REGION_TICKS, &other);
    if (error) refused++;
    else accepted++;
    tickring_detach(&other);
  }
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  expect(refused > 0 && accepted > 0, "it was met in both states");
  close(fd);
  tickring_detach(&region);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  directory = argv[1];
  expect_error(tickring_guard_install(), TICKRING_OK, "the guard is installed");
  a_file_that_grows_changes_nothing_for_those_attached();
  a_writer_of_a_truncated_queue_lives_on();
  a_reader_of_a_truncated_queue_lives_on();
  both_ends_of_a_truncated_broadcast_ring_live_on();
  every_guard_of_a_region_knows_that_it_is_lost();
  attaching_a_file_that_shrinks_meanwhile_is_no_crash();
  printf("truncate: ok\n");
  return 0;
}
