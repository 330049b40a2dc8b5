/* place.c: where a region's memory lies is as asked for, or the region is not made. What a machine
 * does not have is said, and the refusal proven instead.
 */
#include "tickring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUGE_SWITCH "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

static char name[64];

static void expect(bool condition, const char *claim) {
  if (condition) return;
  fprintf(stderr, "place: not so: %s\n", claim);
  exit(1);
}

static bool is_left_behind(void) {
  char path[128];
  struct stat file;
  snprintf(path, sizeof path, "/dev/shm/%s", name);
  return stat(path, &file) == 0;
}

static void carries_ticks(tickring_region *region) {
  tickring_region copy;
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_tick tick;
  expect(tickring_duplicate(region, &copy) == TICKRING_OK, "it can be attached");
  expect(copy.capacity == region->capacity && copy.bytes == region->bytes, "with its geometry");
  expect(tickring_producer_open(region, &producer, NULL) == TICKRING_OK, "it has a producer");
  expect(tickring_consumer_open(&copy, &consumer, NULL) == TICKRING_OK, "and a consumer");
  for (uint64_t number = 0; number < 3 * consumer.mask; number++) {
    expect(tickring_publish(&producer, tickring_words_of(number, 0, 1, 1), 0), "a tick goes in");
    expect(tickring_poll(&consumer, &tick) && tick.word[0] == number, "and comes out");
  }
  expect(tickring_check_place(&producer.region) == TICKRING_OK, "the pages are where they were");
  tickring_producer_close(&producer);
  tickring_consumer_close(&consumer);
}

static void a_node_is_verified_or_refused(void) {
  tickring_region region;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 15};
  options.node_plus_1 = 1;
  int error = tickring_create("/dev/shm", name, &options, &region);
  if (error == TICKRING_E_NO_NUMA) {
    expect(!is_left_behind(), "without NUMA nothing is left behind");
    printf("place: SKIPPED: this kernel has no NUMA\n");
    return;
  }
  expect(error == TICKRING_OK, "node 0 is had");
  expect(region.header->node_plus_1 == 1, "the header says what was asked for");
  region.header->node_plus_1 = 2;
  expect(tickring_check_place(&region) == TICKRING_E_NODE_MEMORY, "pages elsewhere are found");
  region.header->node_plus_1 = 1;
  carries_ticks(&region);
  expect(tickring_remove("/dev/shm", name) == TICKRING_OK, "it is removed");
  static const int32_t absent[] = {64, 1024, 1025, INT32_MAX};
  for (size_t index = 0; index < sizeof absent / sizeof absent[0]; index++) {
    options.node_plus_1 = absent[index];
    expect(tickring_create("/dev/shm", name, &options, &region) == TICKRING_E_NODE_ABSENT,
           "a node that there is not is refused");
    tickring_detach(&region);
    expect(!is_left_behind(), "and leaves nothing");
  }
  options.node_plus_1 = -1;
  expect(tickring_create("/dev/shm", name, &options, &region) == TICKRING_E_ARGUMENT,
         "a negative node is no node");
}

/* Each node that there is: node 0 alone proves little. */
static void every_node_is_had_or_absent(void) {
  tickring_region region;
  int had = 0;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 12};
  for (int32_t node = 0; node < 64; node++) {
    options.node_plus_1 = node + 1;
    int error = tickring_create_unnamed("/dev/shm", &options, &region);
    if (error == TICKRING_E_NO_NUMA) return;
    expect(error == TICKRING_OK || error == TICKRING_E_NODE_ABSENT, "a node is had, or absent");
    if (error) continue;
    had++;
    region.header->node_plus_1 = (uint64_t)node + 2;
    expect(tickring_check_place(&region) == TICKRING_E_NODE_MEMORY, "it is not on the next one");
    tickring_detach(&region);
  }
  printf("place: %d NUMA nodes\n", had);
}

/* More than any node has: refused before the kernel kills for it. */
static void more_than_a_node_has_is_refused(void) {
  tickring_region region;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = TICKRING_CAPACITY_MAX};
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if ((uint64_t)pages * (uint64_t)page > TICKRING_CAPACITY_MAX * 32) {
    printf("place: SKIPPED: this machine has memory for the largest ring\n");
    return;
  }
  options.node_plus_1 = 1;
  int error = tickring_create("/dev/shm", name, &options, &region);
  expect(error == TICKRING_E_NODE_MEMORY || error == TICKRING_E_NO_NUMA ||
             error == TICKRING_E_FULL, "it is refused");
  expect(!is_left_behind(), "and leaves nothing");
}

static void huge_pages_are_verified_or_refused(void) {
  tickring_region region;
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 16};
  options.pages = TICKRING_PAGES_HUGE;
  int error = tickring_create("/dev/shm", name, &options, &region);
  if (error == TICKRING_OK) {
    expect(region.header->page_bytes != 0, "the header says what was asked for");
    expect(region.bytes % region.header->page_bytes == 0, "the file is whole huge pages");
    carries_ticks(&region);
    expect(tickring_remove("/dev/shm", name) == TICKRING_OK, "it is removed");
  } else {
    expect(error == TICKRING_E_HUGE_PAGES, "huge pages are refused with their reason");
    expect(!is_left_behind(), "and nothing is left");
    printf("place: huge pages refused: see " HUGE_SWITCH "\n");
  }
  error = tickring_create_sealed(&options, &region);
  expect(error == TICKRING_OK || error == TICKRING_E_HUGE_PAGES, "sealed: had, or refused");
  if (error == TICKRING_OK) carries_ticks(&region);
  else printf("place: sealed huge pages refused: see vm.nr_hugepages\n");
  options.pages = 2;
  expect(tickring_create("/dev/shm", name, &options, &region) == TICKRING_E_ARGUMENT,
         "pages of no kind are refused");
  options.pages = TICKRING_PAGES_HUGE;
  error = tickring_create("/tmp", name, &options, &region);
  if (error == TICKRING_OK) tickring_remove("/tmp", name);
  tickring_detach(&region);
  expect(error == TICKRING_OK || error == TICKRING_E_HUGE_PAGES, "no tmpfs: refused");
}

static void a_header_that_lies_of_its_pages_is_refused(void) {
  static const uint64_t lies[] = {1, 4095, 4097, 8192, UINT64_C(1) << 21, UINT64_C(1) << 34,
                                  UINT64_C(1) << 63, UINT64_MAX};
  tickring_region region, other;
  /* 8,192 bytes with its header. */
  tickring_options options = {.kind = TICKRING_REGION_TICKS, .capacity = 1 << 7};
  expect(tickring_create("/dev/shm", name, &options, &region) == TICKRING_OK, "a region is made");
  expect(region.header->page_bytes == 0 && region.header->node_plus_1 == 0, "nothing was asked");
  expect(tickring_check_place(&region) == TICKRING_OK, "and so it lies well");
  for (size_t index = 0; index < sizeof lies / sizeof lies[0]; index++) {
    region.header->page_bytes = lies[index];
    int error = tickring_attach("/dev/shm", name, TICKRING_REGION_TICKS, &other);
    bool fits = lies[index] == 8192; /* a size that the file has: harmless, it aligns a mapping */
    expect(fits ? error == TICKRING_OK : error == TICKRING_E_LAYOUT || error == TICKRING_E_SIZE,
           "page sizes that cannot be are refused");
    tickring_detach(&other);
  }
  tickring_detach(&region);
  expect(tickring_remove("/dev/shm", name) == TICKRING_OK, "it is removed");
}

int main(void) {
  snprintf(name, sizeof name, "tickway-place-%ld", (long)getpid());
  a_node_is_verified_or_refused();
  every_node_is_had_or_absent();
  more_than_a_node_has_is_refused();
  huge_pages_are_verified_or_refused();
  a_header_that_lies_of_its_pages_is_refused();
  printf("place: ok\n");
  return 0;
}
