/* region_tests.h: regions in a folder of its own, and claims about them, for the tests of this
 * folder that end at the first claim that does not hold.
 */
#ifndef REGION_TESTS_H
#define REGION_TESTS_H

#include "stream.h"

#include <stdio.h>
#include <stdlib.h>

#define CAPACITY (1 << 12)

static const char *directory;

static inline void expect(bool condition, const char *claim) {
  if (condition) return;
  fprintf(stderr, "%s: not so: %s\n", directory, claim);
  exit(1);
}

static inline void expect_error(int error, int expected, const char *claim) {
  if (error == expected) return;
  fprintf(stderr, "%s: %s: %s\n", directory, claim, tickring_error_text(error));
  exit(1);
}

static inline const char *path_of(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static inline tickring_region create(const char *name, uint32_t kind) {
  tickring_options options = {0};
  tickring_region region;
  options.kind = kind;
  options.capacity = CAPACITY;
  expect_error(tickring_create(directory, name, &options, &region), TICKRING_OK, name);
  return region;
}

static inline tickring_region attach(const char *name, uint32_t kind) {
  tickring_region region;
  expect_error(tickring_attach(directory, name, kind, &region), TICKRING_OK, name);
  return region;
}

static inline int attach_error(const char *name, uint32_t kind) {
  tickring_region region, reader;
  int error = tickring_attach(directory, name, kind, &region);
  int error_of_reader = tickring_attach_reader(directory, name, kind, &reader);
  tickring_detach(&region);
  tickring_detach(&reader);
  expect(error == error_of_reader, "a reader is refused for the same reason");
  return error;
}

#endif
