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

static void error_texts(void) {
  for (int error = TICKRING_OK; error <= TICKRING_E_HUGE_PAGES; error++)
    expect(strcmp(tickring_error_text(error), "unknown error") != 0, "an error has a sentence");
  expect(strcmp(tickring_error_text(-1), "unknown error") == 0, "an unknown one says so");
}

int main(void) {
  records();
  refusals();
  error_texts();
  if (failures == 0) printf("layout: ok\n");
  return failures != 0;
}
