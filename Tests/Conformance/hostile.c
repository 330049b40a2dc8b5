/* hostile.c: whatever may lie where a region is looked for, or keep one from being made: refused
 * with a reason each time, never a crash and never a wait; a role that both sides of a fork claim;
 * and a producer that writes what no producer would.
 *
 *   hostile DIRECTORY   a folder of its own in shared memory
 */
#include "region_tests.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an attach says of a region of whose header something was changed. */
static int attach_spoilt(size_t offset, const void *value, size_t bytes) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  memcpy((unsigned char *)region.header + offset, value, bytes);
  tickring_detach(&region);
  int error = attach_error("ring", TICKRING_REGION_TICKS);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
  return error;
}

static void another_version_size_or_layout_is_refused(void) {
  const uint32_t version = TICKRING_VERSION + 1, slot_bytes = 64, header_bytes = 8192;
  const uint32_t kind = TICKRING_REGION_ORDERS;
  const uint64_t hash = 1, capacity = UINT64_C(1) << 31;
  expect_error(attach_spoilt(offsetof(tickring_header, version), &version, 4), TICKRING_E_VERSION,
               "another version");
  expect_error(attach_spoilt(offsetof(tickring_header, slot_bytes), &slot_bytes, 4),
               TICKRING_E_LAYOUT, "another record size");
  expect_error(attach_spoilt(offsetof(tickring_header, header_bytes), &header_bytes, 4),
               TICKRING_E_LAYOUT, "another header");
  expect_error(attach_spoilt(offsetof(tickring_header, layout_hash), &hash, 8), TICKRING_E_LAYOUT,
               "another record layout");
  expect_error(attach_spoilt(offsetof(tickring_header, capacity), &capacity, 8), TICKRING_E_LAYOUT,
               "a capacity beyond the largest");
  expect_error(attach_spoilt(offsetof(tickring_header, kind), &kind, 4), TICKRING_E_KIND,
               "another kind");
}

/* What it would say of its processes is not known. */
static void another_version_is_not_removed_as_unused(void) {
  tickring_region region = create("other", TICKRING_REGION_TICKS);
  region.header->version = TICKRING_VERSION + 1;
  tickring_detach(&region);
  expect_error(tickring_remove_unused(directory, "other"), TICKRING_E_VERSION, "it is refused");
  expect_error(tickring_remove(directory, "other"), TICKRING_OK, "and is still there");
}

/* Those who list regions show their names, and name them again. */
static void a_name_is_text(void) {
  static const char *const good[] = {"a", "a b", "\xC3\xA9", "\xC2\xA0", "\xE2\x82\xAC",
                                     "\xED\x9F\xBF", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"};
  static const char *const bad[] = {
      "",         "a/b",      ".a",           "a\n",          "\x7F",         "\xC2\x85",
      "\xFF\xFE", "\xC3",     "\x80",         "\xC0\xAF",     "\xE0\x9F\xBF", "\xED\xA0\x80",
      "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"};
  for (size_t index = 0; index < sizeof good / sizeof good[0]; index++) {
    tickring_region region = create(good[index], TICKRING_REGION_TICKS);
    tickring_detach(&region);
    expect_error(tickring_remove(directory, good[index]), TICKRING_OK, good[index]);
  }
  for (size_t index = 0; index < sizeof bad / sizeof bad[0]; index++)
    expect_error(attach_error(bad[index], TICKRING_REGION_TICKS), TICKRING_E_ARGUMENT, bad[index]);
}

/* An empty one would be the root of all, as of a variable that nobody set. */
static void a_directory_has_a_name(void) {
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1};
  tickring_region region;
  expect_error(tickring_create("", "ring", &options, &region), TICKRING_E_ARGUMENT, "no directory");
  expect_error(tickring_attach("", "ring", TICKRING_REGION_TICKS, &region), TICKRING_E_ARGUMENT,
               "no directory");
  expect_error(tickring_remove("", "ring"), TICKRING_E_ARGUMENT, "no directory");
}

static void expect_no_region(const char *name) {
  tickring_info info;
  expect_error(attach_error(name, TICKRING_REGION_TICKS), TICKRING_E_NOT_A_REGION, name);
  expect_error(tickring_inspect(directory, name, &info), TICKRING_E_NOT_A_REGION, name);
  expect_error(tickring_remove_unused(directory, name), TICKRING_E_NOT_A_REGION, name);
  expect(access(path_of(name), F_OK) == 0, "it is still there");
}

static void what_is_no_file_is_refused_and_not_waited_for(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  expect(mkdir(path_of("folder"), 0700) == 0, "a folder is made");
  expect(mkfifo(path_of("fifo"), 0600) == 0, "a FIFO is made");
  snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  expect(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "a socket is made");
  alarm(60); /* a wait for a FIFO's other end would be without end */
  expect_no_region("folder");
  expect_no_region("fifo");
  expect_no_region("socket");
  alarm(0);
  close(fd);
  expect(rmdir(path_of("folder")) == 0 && unlink(path_of("fifo")) == 0, "they are removed");
  expect(unlink(path_of("socket")) == 0, "all of them");
}

static int run(void (*body)(void)) {
  int status = 0;
  fflush(stdout);
  pid_t pid = fork();
  expect(pid >= 0, "there are processes");
  if (pid == 0) {
    alarm(60);
    body();
    _exit(0);
  }
  waitpid(pid, &status, 0);
  return status;
}

static void expect_ends_well(void (*body)(void), const char *claim) {
  expect(run(body) == 0, claim);
}

/* As another user; root would be refused nothing. */
static void try_as_another(void) {
  tickring_options options = {0};
  tickring_region region;
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = 8;
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);
  expect_error(attach_error("private", TICKRING_REGION_TICKS), TICKRING_E_PERMISSION, "no right");
  expect_error(tickring_create(directory, "mine", &options, &region), TICKRING_E_PERMISSION,
               "no right to create");
}

static void what_this_user_may_not_open_is_refused(void) {
  tickring_region region = create("private", TICKRING_REGION_TICKS);
  expect(chmod(path_of("private"), 0) == 0 && chmod(directory, 0555) == 0, "rights are taken");
  expect_ends_well(try_as_another, "another user is refused with a reason");
  expect(chmod(directory, 0700) == 0, "and given back");
  tickring_detach(&region);
  expect_error(tickring_remove(directory, "private"), TICKRING_OK, "it is removed");
}

/* The limit's signal would kill: whoever creates a region is told instead. */
static void create_beyond_the_limit(void) {
  struct rlimit limit = {8192, 8192}, none = {0, 0};
  tickring_options options = {0};
  tickring_region region;
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = CAPACITY;
  setrlimit(RLIMIT_CORE, &none);
  expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "a limit is set");
  expect_error(tickring_create(directory, "large", &options, &region), TICKRING_E_FULL, "a name");
  expect(access(path_of("large"), F_OK) != 0, "nothing is left");
  expect_error(tickring_create_unnamed(directory, &options, &region), TICKRING_E_FULL, "no name");
  expect_error(tickring_create_sealed(&options, &region), TICKRING_E_FULL, "sealed");
  options.capacity = 8;
  expect_error(tickring_create(directory, "small", &options, &region), TICKRING_OK, "what fits");
  expect_error(tickring_remove(directory, "small"), TICKRING_OK, "is made, and removed");
}

static void a_region_beyond_the_limit_on_files_is_refused(void) {
  expect_ends_well(create_beyond_the_limit, "a file-size limit is an error and not a signal");
}

/* The child, which has only what it inherited, claims the role and keeps it until it is killed. */
static pid_t claim_in_child(tickring_region *region) {
  int told[2];
  unsigned char error = 0;
  expect(pipe(told) == 0, "there are pipes");
  pid_t pid = fork();
  expect(pid >= 0, "there are processes");
  if (pid == 0) {
    alarm(60);
    tickring_producer producer;
    error = (unsigned char)tickring_producer_open(region, &producer, NULL);
    _exit(write(told[1], &error, 1) == 1 && error == 0 ? pause() : 1);
  }
  expect(read(told[0], &error, 1) == 1, "the child tells");
  expect_error(error, TICKRING_OK, "the child claims the role");
  close(told[0]);
  close(told[1]);
  return pid;
}

static void a_fork_does_not_make_two_producers(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS), same, other;
  tickring_producer producer;
  uint64_t owner = 0;
  pid_t pid = claim_in_child(&region);
  expect_error(tickring_duplicate(&region, &same), TICKRING_OK, "a duplicate");
  expect_error(tickring_duplicate(&region, &other), TICKRING_OK, "another");
  expect_error(tickring_producer_open(&region, &producer, &owner), TICKRING_E_ROLE_TAKEN,
               "what was attached before the fork");
  expect_error(tickring_producer_open(&same, &producer, NULL), TICKRING_E_ROLE_TAKEN, "another");
  expect(owner == (uint64_t)pid, "its owner is the child");
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  expect_error(tickring_producer_open(&other, &producer, NULL), TICKRING_OK, "its successor");
  tickring_producer_close(&producer);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

/* A child that has what its parent has, and does nothing with it or detaches it. */
static pid_t fork_beside(tickring_producer *producer, bool detaches) {
  pid_t pid = fork();
  expect(pid >= 0, "there are processes");
  if (pid != 0) return pid;
  alarm(60);
  if (detaches) tickring_producer_close(producer);
  _exit(detaches ? 0 : pause());
}

static void a_child_that_detaches_takes_no_role_from_its_parent(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  tickring_region other = attach("ring", TICKRING_REGION_TICKS);
  tickring_producer producer, second;
  expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "a producer");
  waitpid(fork_beside(&producer, true), NULL, 0);
  expect_error(tickring_producer_open(&other, &second, NULL), TICKRING_E_ROLE_TAKEN, "a second");
  tickring_producer_close(&producer);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

/* An engine that forks helpers opens its own rings again. */
static void a_detach_gives_the_role_back_whatever_children_live(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  tickring_producer producer;
  tickring_info info;
  expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "a producer");
  pid_t pid = fork_beside(&producer, false);
  tickring_producer_close(&producer);
  expect_error(tickring_inspect(directory, "ring", &info), TICKRING_OK, "looked at");
  expect(!info.has_producer && info.is_attached, "the role is free, and the child attached");
  region = attach("ring", TICKRING_REGION_TICKS);
  expect_error(tickring_producer_open(&region, &producer, NULL), TICKRING_OK, "it opens again");
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  region = attach("ring", TICKRING_REGION_TICKS);
  expect_error(tickring_claim_role(&region, TICKRING_PRODUCER, NULL), TICKRING_E_ROLE_TAKEN,
               "and keeps it when the child dies");
  tickring_detach(&region);
  tickring_producer_close(&producer);
  expect_error(tickring_remove(directory, "ring"), TICKRING_OK, "it is removed");
}

/* Writes one sequence after the other into the only slot there is, whoever reads. */
static pid_t start_scribbler(const tickring_region *region) {
  pid_t pid = fork();
  expect(pid >= 0, "there are processes");
  if (pid != 0) return pid;
  uint64_t *word = tickring_word_at(region->body, 0, 0, sizeof(tickring_slot32));
  alarm(60);
  for (;;) {
    uint64_t position = tickring_load_acquire(&region->header->position);
    for (uint64_t ahead = 0; ahead < 4; ahead++) {
      tickring_store_release(word, tickring_word(position + ahead, 0));
      for (int turn = 0; turn < 4; turn++) tickring_pause();
    }
  }
}

/* Else what an advance asserts of its caller would be in the peer's hands. */
static void a_scribbling_producer_is_found_no_more_often_than_it_has_slots(void) {
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1};
  tickring_region region;
  tickring_consumer consumer;
  expect_error(tickring_create_sealed(&options, &region), TICKRING_OK, "a sealed region");
  pid_t pid = start_scribbler(&region);
  expect_error(tickring_consumer_open(&region, &consumer, NULL), TICKRING_OK, "a consumer");
  /* Twenty million looks, and beyond that until something was found: it may have no core yet. */
  for (uint64_t turn = 0; turn < 20000000 || consumer.next == 0; turn++) {
    uint64_t found = tickring_peek(&consumer, 8);
    expect(found <= 1, "a slot is found once");
    tickring_advance(&consumer, found);
  }
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  tickring_consumer_close(&consumer);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  directory = argv[1];
  another_version_size_or_layout_is_refused();
  another_version_is_not_removed_as_unused();
  a_directory_has_a_name();
  a_name_is_text();
  what_is_no_file_is_refused_and_not_waited_for();
  what_this_user_may_not_open_is_refused();
  a_region_beyond_the_limit_on_files_is_refused();
  a_fork_does_not_make_two_producers();
  a_child_that_detaches_takes_no_role_from_its_parent();
  a_detach_gives_the_role_back_whatever_children_live();
  a_scribbling_producer_is_found_no_more_often_than_it_has_slots();
  printf("hostile: ok\n");
  return 0;
}
