/* removal.c: two that remove a leftover at once, and one that attaches meanwhile. Whoever comes
 * second removes nothing that another uses, and whoever attaches has a name that others find.
 *
 *   removal DIRECTORY   a folder of its own in shared memory
 */
#include "region_tests.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What comes between the opening of a file and the first lock of this type; the library's calls end
 * here. */
static short type_awaited = F_UNLCK;
static void (*meanwhile)(void);

int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (command == F_OFD_SETLK && ((struct flock *)argument)->l_type == type_awaited) {
    type_awaited = F_UNLCK;
    meanwhile();
  }
  return (int)syscall(SYS_fcntl, fd, command, argument);
}

static tickring_region successor;

static void leave_a_leftover(void) {
  tickring_region region = create("ring", TICKRING_REGION_TICKS);
  tickring_detach(&region);
}

static void remove_it(void) {
  expect_error(tickring_remove_unused(directory, "ring"), TICKRING_OK, "a leftover is removed");
}

static void remove_it_and_make_another(void) {
  remove_it();
  successor = create("ring", TICKRING_REGION_TICKS);
}

static void what_came_after_a_leftover_stays(void) {
  leave_a_leftover();
  type_awaited = F_WRLCK;
  meanwhile = remove_it_and_make_another;
  expect_error(tickring_remove_unused(directory, "ring"), TICKRING_E_ABSENT, "it is gone");
  expect(access(path_of("ring"), F_OK) == 0, "a region in use keeps its name");
  tickring_detach(&successor);
  remove_it();
}

static void what_is_removed_meanwhile_is_not_attached(void) {
  tickring_region region;
  leave_a_leftover();
  type_awaited = F_RDLCK;
  meanwhile = remove_it;
  expect_error(tickring_attach(directory, "ring", TICKRING_REGION_TICKS, &region),
               TICKRING_E_ABSENT, "no name, no attachment");
  expect(region.header == NULL && region.fd == -1, "and nothing is left of it");
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  directory = argv[1];
  what_came_after_a_leftover_stays();
  what_is_removed_meanwhile_is_not_attached();
  printf("removal: ok\n");
  return 0;
}
