/* layout.c: the C face of the record and of regions, and that each refusal is safe to clean up
 * after. Compiled as C11, C17, C++17 and C++20; run once.
 */
#include "tickring.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int failures = 0;

static void expect(bool condition, const char *claim) {
  if (condition) return;
  fprintf(stderr, "layout: not so: %s\n", claim);
  failures++;
}

static void records(void) {
  static const unsigned char bytes[24] = {
      0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
      0,    0,    0,    0,    0,    0,    0xF8, 0x3F, 0x24, 0x23, 0x22, 0x21};
  MarketDataRecord record;
  record.timestamp = UINT64_C(0x0102030405060708);
  record.symbol_id = 0x11121314u;
  record.price = 1.5;
  record.quantity = 0x21222324u;
  expect(memcmp(&record, bytes, sizeof bytes) == 0, "the struct is the documented bytes");
  tickring_words words =
      tickring_words_of(record.timestamp, record.symbol_id, record.price, record.quantity);
  expect(memcmp(&words, bytes, sizeof bytes) == 0, "the words are the struct's bytes");
  expect(tickring_word(UINT64_C(0xFFFFFFFF), 5) == UINT64_C(5) << 32, "the word wraps at 2^32");
  expect(tickring_word(UINT64_C(0x1FFFFFFFE), 0) == UINT64_C(0xFFFFFFFF), "and counts up to it");
  expect(tickring_stamp(UINT64_C(1) << 36) == 0, "the stamp wraps at 2^36 ns");
}

static void refusals(void) {
  tickring_region region;
  memset(&region, 0xA5, sizeof region); /* what a caller's stack may hold */
  expect(tickring_attach("/dev/shm", "a/b", TICKRING_REGION_TICKS, &region) ==
             TICKRING_E_ARGUMENT, "a name with a slash is refused");
  tickring_detach(&region);
  memset(&region, 0xA5, sizeof region);
  expect(tickring_attach("/dev/shm", "none", 0, &region) == TICKRING_E_ARGUMENT,
         "a kind that there is not is refused");
  tickring_detach(&region);
  memset(&region, 0xA5, sizeof region);
  expect(tickring_create("/dev/shm", "none", NULL, &region) == TICKRING_E_ARGUMENT,
         "options are needed");
  tickring_detach(&region);
  expect(fcntl(0, F_GETFD) != -1, "standard input is still open");
}

static void beats_and_builds(void) {
  char name[64];
  tickring_options options;
  tickring_region region, other;
  tickring_producer producer;
  tickring_consumer consumer;
  snprintf(name, sizeof name, "tickway-layout-%ld", (long)getpid());
  memset(&options, 0, sizeof options);
  options.kind = TICKRING_REGION_TICKS;
  options.capacity = 8;
  expect(tickring_create("/dev/shm", name, &options, &region) == TICKRING_OK, "a region is made");
  const tickring_header *header = region.header;
  expect(tickring_same_build(&region, 0), "it is of this build");
  expect(!tickring_same_build(&region, 5), "and of no other");
  region.header->producer_heartbeat_ns = 77; /* of an owner before */
  expect(tickring_duplicate(&region, &other) == TICKRING_OK &&
             tickring_producer_open(&other, &producer, NULL) == TICKRING_OK, "a producer");
  expect(tickring_duplicate(&region, &other) == TICKRING_OK &&
             tickring_consumer_open(&other, &consumer, NULL) == TICKRING_OK, "a consumer");
  expect(header->producer_heartbeat_ns == 0, "a claim forgets the beats of the owner before");
  tickring_producer_beat(&producer, 5);
  tickring_consumer_beat(&consumer, 6);
  expect(header->producer_heartbeat_ns == 5 && header->consumer_heartbeat_ns == 6,
         "each owner beats in its own line");
  tickring_producer_close(&producer);
  tickring_consumer_close(&consumer);
  tickring_detach(&region);
  expect(tickring_remove("/dev/shm", name) == TICKRING_OK, "it is removed");
  options.build_hash = 5;
  expect(tickring_create_unnamed("/dev/shm", &options, &region) == TICKRING_OK, "another is made");
  expect(tickring_same_build(&region, 5) && !tickring_same_build(&region, 0),
         "a program can say its own build");
  tickring_detach(&region);
}

static void error_texts(void) {
  for (int error = TICKRING_OK; error <= TICKRING_E_BUILD; error++)
    expect(strcmp(tickring_error_text(error), "unknown error") != 0, "an error has a sentence");
  expect(strcmp(tickring_error_text(-1), "unknown error") == 0, "an unknown one says so");
}

int main(void) {
  records();
  refusals();
  beats_and_builds();
  error_texts();
  if (failures == 0) printf("layout: ok\n");
  return failures != 0;
}
