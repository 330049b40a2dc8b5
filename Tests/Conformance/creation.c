/* creation.c: the creator of a region is killed at every system call on the way. Whoever comes next
 * finds a whole region or no name at all, and never a leftover to be cleaned up by hand.
 *
 *   creation DIRECTORY   a folder of its own in shared memory
 */
#include "region_tests.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPS_MAX 1000

static _Noreturn void be_the_creator(void) {
  tickring_options options = {0};
  tickring_region region;
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = CAPACITY;
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(4);
  raise(SIGSTOP);
  _exit(tickring_create(directory, "ring", &options, &region) == TICKRING_OK ? 0 : 5);
}

/* Lets the creator go on to its `stops`th entry into or return from a call, and kills it there.
 * Whether it had ended before. */
static bool kill_creator(int stops) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) be_the_creator();
  expect(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status), "ptrace is permitted here (in a "
         "container: --cap-add=SYS_PTRACE)");
  for (int stop = 0; stop < stops; stop++) {
    expect(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0, "it goes on");
    expect(waitpid(pid, &status, 0) == pid, "it stops");
    if (WIFEXITED(status)) {
      expect(WEXITSTATUS(status) == 0, "it creates the region");
      return true;
    }
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return false;
}

int main(int argc, char **argv) {
  int stops = 0, named = 0;
  if (argc != 2) return 2;
  directory = argv[1];
  alarm(100);
  for (bool has_ended = false; !has_ended && stops < STOPS_MAX; stops++) {
    has_ended = kill_creator(stops);
    int error = attach_error("ring", TICKRING_REGION_TICKS);
    named += error == TICKRING_OK;
    if (error != TICKRING_OK) {
      expect_error(error, TICKRING_E_ABSENT, "there is no name without a region");
      tickring_region region = create("ring", TICKRING_REGION_TICKS);
      tickring_detach(&region);
    }
    expect(!has_ended || error == TICKRING_OK, "what was created is there");
    expect_error(tickring_remove_unused(directory, "ring"), TICKRING_OK, "nobody holds it");
  }
  expect(stops > 10 && stops < STOPS_MAX && named > 0 && named < stops, "every call was met");
  printf("creation: ok: %d points, at %d of them the region was there\n", stops, named);
  return 0;
}
