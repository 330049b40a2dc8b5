/* full.c: a full file system is an error when a region is made or attached, never a SIGBUS later.
 *
 *   full DIRECTORY   a file system of its own, of 1 MiB
 */
#include "tickring.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int expect(int error, int expected, const char *claim) {
  if (error == expected) return 0;
  fprintf(stderr, "full: %s: %s\n", claim, tickring_error_text(error));
  return 1;
}

/* A copy of `from` with its header and holes for slots. */
static bool make_holes(const tickring_region *from, const char *directory, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int fd = open(path, O_CREAT | O_RDWR, 0600);
  bool is_made = fd >= 0 && write(fd, from->header, sizeof *from->header) == 4096 &&
                 ftruncate(fd, (off_t)from->bytes) == 0;
  if (fd >= 0) close(fd);
  return is_made;
}

int main(int argc, char **argv) {
  tickring_options options;
  tickring_region region, other;
  char path[512];
  int failures = 0;
  if (argc != 2) return 2;
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = 1 << 16;
  failures += expect(tickring_create(argv[1], "large", &options, &region), TICKRING_E_FULL,
                     "2 MiB do not fit into 1");
  snprintf(path, sizeof path, "%s/large", argv[1]);
  if (access(path, F_OK) == 0) failures += expect(-1, 0, "a failed creation left its file");
  options.capacity = 1 << 14;
  failures += expect(tickring_create(argv[1], "half", &options, &region), TICKRING_OK,
                     "what the failure took was given back: 512 KiB fit");
  if (failures > 0 || !make_holes(&region, argv[1], "holes")) return 1;
  options.capacity = 1 << 13;
  failures += expect(tickring_create(argv[1], "quarter", &options, &other), TICKRING_OK, "256 KiB");
  failures += expect(tickring_attach(argv[1], "holes", TICKRING_REGION_TICKS, &other),
                     TICKRING_E_FULL, "holes that cannot be filled are refused");
  if (failures == 0) printf("full: ok\n");
  return failures != 0;
}
