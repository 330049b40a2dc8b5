/* share.c: sealed regions between processes, and a file truncated under its readers. */
#include "tickring.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect(bool condition, const char *claim) {
  if (condition) return;
  fprintf(stderr, "share: not so: %s\n", claim);
  exit(1);
}

static void make_pair(int sockets[2]) {
  expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0, "there are sockets");
}

/* The other process: takes the region over and publishes 100 ticks into it. */
static void produce(int socket) {
  tickring_region region;
  tickring_producer producer;
  alarm(60);
  if (tickring_receive(socket, TICKRING_REGION_TICKS, &region) != TICKRING_OK) _exit(1);
  if (ftruncate(region.fd, 0) == 0) _exit(2); /* a seal holds, whoever tries */
  if (tickring_producer_open(&region, &producer, NULL) != TICKRING_OK) _exit(3);
  for (uint64_t number = 0; number < 100; number++)
    while (!tickring_publish(&producer, tickring_words_of(number, 0, 1, 1), 0)) usleep(100);
  _exit(0);
}

/* `count` descriptors, two at the most, in one message. */
static void send_descriptors(int socket, const int *descriptors, size_t count) {
  char byte = 0;
  struct iovec part = {&byte, 1};
  uint64_t control[(CMSG_SPACE(2 * sizeof(int)) + 7) / 8] = {0}; /* words, for the alignment */
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(head), descriptors, count * sizeof(int));
  expect(sendmsg(socket, &message, 0) == 1, "descriptors are sent");
}

/* A peer may send more descriptors than were asked for: none of them stays open. */
static void descriptors_too_many_are_closed(void) {
  int sockets[2];
  const int two[2] = {STDIN_FILENO, STDERR_FILENO};
  tickring_region region;
  make_pair(sockets);
  int before = dup(STDERR_FILENO); /* the lowest that is free */
  close(before);
  send_descriptors(sockets[0], two, 2);
  expect(tickring_receive(sockets[1], TICKRING_REGION_TICKS, &region) == TICKRING_E_NOT_A_REGION,
         "two descriptors are no region");
  int after = dup(STDERR_FILENO);
  close(after);
  expect(before == after, "what came with it is closed");
  close(sockets[0]);
  close(sockets[1]);
}

static void a_sealed_region_carries_ticks_between_processes(void) {
  int sockets[2];
  tickring_region region, copy;
  tickring_consumer consumer;
  tickring_tick tick;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  make_pair(sockets);
  expect(tickring_create_sealed(&options, &region) == TICKRING_OK, "a sealed region is made");
  pid_t pid = fork();
  if (pid == 0) produce(sockets[1]);
  expect(tickring_send(&region, sockets[0]) == TICKRING_OK, "it is sent");
  expect(tickring_duplicate(&region, &copy) == TICKRING_OK, "it can be duplicated");
  expect(tickring_consumer_open(&copy, &consumer, NULL) == TICKRING_OK, "a role can be claimed");
  for (uint64_t number = 0; number < 100; number++) {
    tickring_wait_options wait = {TICKRING_WAIT_SLEEP, 0, 0, false, 0, UINT64_C(30000000000)};
    expect(tickring_wait(&consumer, &wait) == TICKRING_WAIT_READY, "there is a tick");
    expect(tickring_poll(&consumer, &tick) && tick.word[0] == number, "it is the next one");
  }
  int status = 0;
  waitpid(pid, &status, 0);
  expect(status == 0, "the other process could, and could not truncate");
  tickring_consumer_close(&consumer);
  tickring_detach(&region);
  close(sockets[0]);
  close(sockets[1]);
}

static void what_is_not_sealed_is_refused(void) {
  int sockets[2];
  tickring_region region, other;
  char byte = 0;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  make_pair(sockets);
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "a region is made");
  expect(tickring_send(&region, sockets[0]) == TICKRING_OK, "it can be sent");
  expect(tickring_receive(sockets[1], TICKRING_REGION_TICKS, &other) == TICKRING_E_OWNER,
         "a region that is not sealed is refused");
  tickring_detach(&other);
  expect(write(sockets[0], &byte, 1) == 1, "a byte is sent");
  expect(tickring_receive(sockets[1], TICKRING_REGION_TICKS, &other) == TICKRING_E_NOT_A_REGION,
         "a message without a region is refused");
  close(sockets[0]);
  expect(tickring_receive(sockets[1], TICKRING_REGION_TICKS, &other) == TICKRING_E_NOT_A_REGION,
         "a closed socket is refused");
  close(sockets[1]);
  tickring_detach(&region);
  options.capacity = 3;
  expect(tickring_create_sealed(&options, &region) == TICKRING_E_ARGUMENT, "3 is no capacity");
}

/* A header costs a peer a page, whatever size it says: the rest would be ours to pay for. */
static void memory_that_is_only_announced_is_refused(void) {
  int sockets[2];
  tickring_region region, other;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 12};
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  make_pair(sockets);
  expect(tickring_create_sealed(&options, &region) == TICKRING_OK, "a sealed region is made");
  for (int is_whole = 0; is_whole < 2; is_whole++) {
    size_t bytes = is_whole ? (size_t)region.bytes : sizeof(tickring_header);
    int fd = memfd_create("announced", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    expect(fchmod(fd, 0600) == 0 && ftruncate(fd, (off_t)region.bytes) == 0, "a file as long");
    expect(pwrite(fd, region.header, bytes, 0) == (ssize_t)bytes, "that says the same");
    expect(fcntl(fd, F_ADD_SEALS, seals) == 0, "is sealed");
    send_descriptors(sockets[0], &fd, 1);
    int error = tickring_receive(sockets[1], TICKRING_REGION_TICKS, &other);
    expect(error == (is_whole ? TICKRING_OK : TICKRING_E_SIZE), "its memory decides");
    tickring_detach(&other);
    close(fd);
  }
  tickring_detach(&region);
  close(sockets[0]);
  close(sockets[1]);
}

/* What a peer that may open nothing does with what it was handed. 0, or the line that is not so. */
static int use_as_another(int socket) {
  tickring_region region;
  tickring_tick tick;
  tickring_wait_options wait = {TICKRING_WAIT_SLEEP, 1, 0, false, 0, 20000000};
  int error = -1;
  uint64_t owner = 0;
  alarm(60);
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return __LINE__;
  if (tickring_receive(socket, TICKRING_REGION_TICKS, &region) != TICKRING_OK) return __LINE__;
  tickring_consumer *consumer = tickring_consumer_from(&region, &error, NULL);
  if (consumer == NULL) return __LINE__;
  if (tickring_consumer_from(&region, &error, &owner) != NULL) return __LINE__;
  if (error != TICKRING_E_ROLE_TAKEN || owner != (uint64_t)getpid()) return __LINE__;
  if (tickring_role_is_held(&region, TICKRING_PRODUCER)) return __LINE__;
  tickring_producer *producer = tickring_producer_from(&region, &error, NULL);
  if (producer == NULL || !tickring_role_is_held(&region, TICKRING_CONSUMER)) return __LINE__;
  if (!tickring_publish(producer, tickring_words_of(7, 0, 1, 1), 0)) return __LINE__;
  if (!tickring_poll(consumer, &tick) || tick.word[0] != 7) return __LINE__;
  if (tickring_wait(consumer, &wait) != TICKRING_WAIT_TIMEOUT) return __LINE__;
  tickring_consumer_free(consumer); /* gives back its own role, and no other */
  if (tickring_producer_from(&region, &error, NULL) != NULL) return __LINE__;
  consumer = tickring_consumer_from(&region, &error, NULL);
  if (consumer == NULL) return __LINE__;
  tickring_detach(&region); /* an endpoint outlives it */
  tickring_producer_free(producer);
  if (tickring_wait(consumer, &wait) != TICKRING_WAIT_PEER_GONE) return __LINE__;
  tickring_consumer_free(consumer);
  return 0;
}

/* The file is the sender's: it can be written through what was sent, and not be opened again. */
static void another_user_opens_the_ends_of_what_it_was_handed(void) {
  int sockets[2], status = 0;
  tickring_region region;
  tickring_consumer consumer;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  make_pair(sockets);
  expect(tickring_create_sealed(&options, &region) == TICKRING_OK, "a sealed region is made");
  expect(tickring_send(&region, sockets[0]) == TICKRING_OK, "it is sent");
  expect(fchmod(region.fd, geteuid() == 0 ? 0600 : 0) == 0, "nobody but root opens it");
  pid_t pid = fork();
  if (pid == 0) {
    int line = use_as_another(sockets[1]);
    if (line != 0) fprintf(stderr, "share.c:%d\n", line);
    _exit(line != 0);
  }
  waitpid(pid, &status, 0);
  expect(status == 0, "another user opens ends, each role once");
  expect(tickring_consumer_open(&region, &consumer, NULL) == TICKRING_OK, "what it held is free");
  tickring_consumer_close(&consumer);
  close(sockets[0]);
  close(sockets[1]);
}

/* Such a message says first who sent it. */
static void a_socket_that_asks_who_sends_brings_a_region(void) {
  int sockets[2], yes = 1;
  tickring_region region, other;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  make_pair(sockets);
  expect(setsockopt(sockets[1], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0, "it asks");
  expect(tickring_create_sealed(&options, &region) == TICKRING_OK, "a sealed region is made");
  expect(tickring_send(&region, sockets[0]) == TICKRING_OK, "it is sent");
  expect(tickring_receive(sockets[1], TICKRING_REGION_TICKS, &other) == TICKRING_OK, "it comes");
  tickring_detach(&other);
  tickring_detach(&region);
  close(sockets[0]);
  close(sockets[1]);
}

static void a_truncated_region_is_lost_and_not_a_crash(void) {
  tickring_region region, other;
  tickring_producer producer;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 16};
  expect(tickring_guard_install() == TICKRING_OK, "the guard is installed");
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "a region is made");
  expect(tickring_duplicate(&region, &other) == TICKRING_OK, "and attached");
  expect(tickring_producer_open(&region, &producer, NULL) == TICKRING_OK, "with a producer");
  expect(tickring_guard(&producer.region) == TICKRING_OK, "that is guarded");
  expect(!tickring_is_lost(&producer.region), "it is not lost");
  expect(ftruncate(other.fd, 0) == 0, "a peer truncates the file");
  for (int number = 0; number < 1000; number++)
    (void)tickring_publish(&producer, tickring_words_of(1, 0, 1, 1), 0);
  expect(tickring_is_lost(&producer.region), "it is lost now");
  expect(!tickring_is_lost(&other), "what is not guarded is not known to be");
  tickring_producer_close(&producer);
  expect(tickring_guard(&other) == TICKRING_OK && !tickring_is_lost(&other), "the next is not");
  tickring_detach(&other);
}

/* Nobody will ever be heard of through it: a wait without end ends all the same, also where the
 * file is as long as it was before anybody faults. */
static void wait_on_a_truncated_region(uint32_t policy, bool is_grown) {
  tickring_region region, other;
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  tickring_wait_options wait = {.policy = policy};
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "it is made");
  expect(tickring_duplicate(&region, &other) == TICKRING_OK, "and attached");
  expect(tickring_guard(&region) == TICKRING_OK, "and guarded");
  expect(tickring_consumer_open(&region, &consumer, NULL) == TICKRING_OK, "with a consumer");
  expect(tickring_producer_open(&other, &producer, NULL) == TICKRING_OK, "whose producer lives");
  off_t bytes = (off_t)producer.region.bytes;
  expect(ftruncate(producer.region.fd, 0) == 0, "a peer truncates the file");
  if (is_grown) expect(ftruncate(producer.region.fd, bytes) == 0, "and makes it as long again");
  alarm(60);
  expect(tickring_wait(&consumer, &wait) == TICKRING_WAIT_PEER_GONE, "the wait ends");
  alarm(0);
  expect(tickring_is_lost(&consumer.region) == !is_grown, "the guard knows what faulted");
  tickring_consumer_close(&consumer);
  tickring_producer_close(&producer);
}

static void a_wait_on_a_truncated_region_ends(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++)
    for (int is_grown = 0; is_grown < 2; is_grown++)
      wait_on_a_truncated_region(policy, is_grown != 0);
}

static void publish(tickring_producer *producer, int count) {
  for (int number = 0; number < count; number++)
    expect(tickring_publish(producer, tickring_words_of(1, 0, 1, 1), 0), "there is room");
}

/* The file is cut behind its header, and as long as before again when it is touched: ten committed
 * records are zeros, which nobody will ever publish. */
static void wait_for_what_was_cut_off(uint32_t policy, int turns) {
  enum { SLOTS = 1024 };
  tickring_region region, other;
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_tick tick;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = SLOTS};
  tickring_wait_options wait = {.policy = policy};
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "it is made");
  expect(tickring_duplicate(&region, &other) == TICKRING_OK, "and attached");
  expect(tickring_consumer_open(&region, &consumer, NULL) == TICKRING_OK, "with a consumer");
  expect(tickring_producer_open(&other, &producer, NULL) == TICKRING_OK, "whose producer lives");
  for (int number = 0; number < turns * SLOTS; number++) {
    publish(&producer, 1);
    expect(tickring_poll(&consumer, &tick), "it comes");
  }
  publish(&producer, 10);
  off_t bytes = (off_t)producer.region.bytes;
  int fd = producer.region.fd;
  expect(ftruncate(fd, 4096) == 0 && ftruncate(fd, bytes) == 0, "it is cut, and grows back");
  /* Within the first turn zeros are where nothing was published yet, too. */
  if (turns == 0) publish(&producer, SLOTS - 10);
  expect(!tickring_poll(&consumer, &tick), "they are gone");
  alarm(60);
  expect(tickring_wait(&consumer, &wait) == TICKRING_WAIT_PEER_GONE, "the wait ends");
  alarm(0);
  tickring_consumer_close(&consumer);
  tickring_producer_close(&producer);
}

static void what_was_cut_off_is_not_waited_for(void) {
  for (uint32_t policy = TICKRING_WAIT_SPIN; policy <= TICKRING_WAIT_SLEEP; policy++)
    for (int turns = 0; turns < 3; turns++) wait_for_what_was_cut_off(policy, turns);
}

/* A batch that fills the ring, in each order in which words are stored, is nothing cut off. */
static void a_batch_that_is_being_written_is_waited_for(void) {
  tickring_options options = {.kind = TICKRING_REGION_TICKS};
  tickring_wait_options wait = {TICKRING_WAIT_SLEEP, 1, 0, false, 0, 3000000};
  for (options.capacity = 1; options.capacity <= 16; options.capacity *= 2)
    for (uint64_t first = 1; first < 3; first++) {
      tickring_region region, other;
      tickring_producer producer;
      tickring_consumer consumer;
      expect(tickring_create_sealed(&options, &region) == TICKRING_OK, "it is made");
      expect(tickring_duplicate(&region, &other) == TICKRING_OK, "and attached");
      expect(tickring_consumer_open(&region, &consumer, NULL) == TICKRING_OK, "with a consumer");
      expect(tickring_producer_open(&other, &producer, NULL) == TICKRING_OK, "and a producer");
      for (uint64_t i = first; i < options.capacity; i++) {
        tickring_place(producer.slots, producer.mask, i, tickring_words_of(1, 0, 1, 1), 0);
        expect(tickring_wait(&consumer, &wait) == TICKRING_WAIT_TIMEOUT, "it may come");
      }
      tickring_consumer_close(&consumer);
      tickring_producer_close(&producer);
    }
}

/* In a process of its own, since it dies. */
static int status_of(void (*body)(void)) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    alarm(60);
    body();
    _exit(0);
  }
  waitpid(pid, &status, 0);
  return status;
}

static void touch_a_hole(void) {
  int fd = memfd_create("hole", MFD_CLOEXEC);
  volatile char *memory = (volatile char *)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
  (void)memory[0];
}

static void install_and_touch(void) {
  (void)tickring_guard_install();
  touch_a_hole();
}

static void exit_7(int number) { _exit(number == SIGBUS ? 7 : 8); }

static void chain_and_touch(void) {
  signal(SIGBUS, exit_7);
  install_and_touch();
}

static void install_and_send(void) {
  (void)tickring_guard_install();
  raise(SIGBUS);
}

static void ignore_and_send(void) {
  signal(SIGBUS, SIG_IGN);
  install_and_send();
}

static void what_is_sent_does_what_it_did_before(void) {
  int status = status_of(install_and_send);
  expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "a signal that is sent kills");
  status = status_of(ignore_and_send);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "or is ignored");
}

static void another_fault_goes_where_it_went_before(void) {
  int status = status_of(install_and_touch);
  expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "without a handler it kills");
  status = status_of(chain_and_touch);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "an earlier handler is called");
}

static bool is_guarding = true;

static void *guard_again_and_again(void *context) {
  const tickring_region *region = (const tickring_region *)context;
  while (__atomic_load_n(&is_guarding, __ATOMIC_RELAXED)) {
    (void)tickring_guard(region);
    tickring_unguard(region);
  }
  return NULL;
}

/* Whatever another thread was doing when it was forked. */
static void a_forked_child_detaches(void) {
  tickring_region region, other;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  pthread_t thread;
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "a region is made");
  expect(tickring_duplicate(&region, &other) == TICKRING_OK, "and attached");
  expect(pthread_create(&thread, NULL, guard_again_and_again, &other) == 0, "a thread guards");
  for (int number = 0; number < 200; number++) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
      alarm(20);
      tickring_detach(&region);
      _exit(0);
    }
    waitpid(pid, &status, 0);
    expect(status == 0, "the child ends");
  }
  __atomic_store_n(&is_guarding, false, __ATOMIC_RELAXED);
  expect(pthread_join(thread, NULL) == 0, "the thread ends");
  tickring_detach(&other);
  tickring_detach(&region);
}

static void the_table_is_bounded(void) {
  tickring_region region;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 8};
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "a region is made");
  for (int number = 0; number < TICKRING_GUARDED_MAX; number++)
    expect(tickring_guard(&region) == TICKRING_OK, "there is room");
  expect(tickring_guard(&region) == TICKRING_E_FULL, "and an end to it");
  for (int number = 0; number < TICKRING_GUARDED_MAX; number++) tickring_unguard(&region);
  expect(tickring_guard(&region) == TICKRING_OK, "what is given back is free");
  tickring_detach(&region);
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "another is made");
  for (int number = 0; number < TICKRING_GUARDED_MAX; number++)
    expect(tickring_guard(&region) == TICKRING_OK, "a detach gives its guard back");
  tickring_detach(&region);
}

int main(void) {
  another_fault_goes_where_it_went_before(); /* first: the handler is installed once a process */
  what_is_sent_does_what_it_did_before();
  descriptors_too_many_are_closed();
  a_sealed_region_carries_ticks_between_processes();
  what_is_not_sealed_is_refused();
  memory_that_is_only_announced_is_refused();
  another_user_opens_the_ends_of_what_it_was_handed();
  a_socket_that_asks_who_sends_brings_a_region();
  a_truncated_region_is_lost_and_not_a_crash();
  a_wait_on_a_truncated_region_ends();
  what_was_cut_off_is_not_waited_for();
  a_batch_that_is_being_written_is_waited_for();
  a_forked_child_detaches();
  the_table_is_bounded();
  printf("share: ok\n");
  return 0;
}
