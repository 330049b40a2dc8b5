/* fields.c: every field of a header at every value of interest, before a region is attached and by
 * a peer while it is used; then many fields at once, and files of any size, drawn from a seed. What
 * is called of the library and what must hold is in Tests/Fuzz/FuzzRing.c.
 *
 *   fields [ROUNDS [SEED]]   of the drawn ones; default 20,000
 */
#include "../Fuzz/FuzzRing.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIELD(member) {offsetof(tickring_header, member), sizeof(((tickring_header *)0)->member)}

static const struct field {
  uint64_t offset;
  uint64_t width;
} fields[] = {
    FIELD(magic), FIELD(version), FIELD(kind), FIELD(header_bytes), FIELD(slot_bytes),
    FIELD(capacity), FIELD(region_bytes), FIELD(layout_hash), FIELD(build_hash), FIELD(epoch),
    FIELD(instance), FIELD(producer_pid), FIELD(producer_generation), FIELD(producer_heartbeat_ns),
    FIELD(full), FIELD(head), FIELD(position), FIELD(consumer_pid), FIELD(consumer_generation),
    FIELD(consumer_heartbeat_ns), FIELD(tail), FIELD(ahead), FIELD(sleeps), FIELD(wakes),
    FIELD(wakes_answered),
    {TICKRING_HEADER_BYTES + 24, 8}, /* a tick's word, or an order's fourth */
    {TICKRING_HEADER_BYTES + 56, 8}, /* the second tick's word, or an order's */
};

#define FIELDS (sizeof fields / sizeof fields[0])
#define FIELDS_OF_ATTACH 11
#define VALUES_MAX 256

static uint64_t accepted = 0, refused = 0;

static void try_case(const fuzz_case *one) {
  if (fuzz_ring(one) == TICKRING_OK) accepted++;
  else refused++;
}

/* Boundaries, powers of two and their neighbours, and what is plausible for a ring that small. */
static size_t values_of(uint64_t *values, uint64_t capacity) {
  size_t count = 0;
  for (unsigned bit = 0; bit < 64; bit++)
    for (uint64_t side = 0; side < 3; side++)
      values[count++] = (UINT64_C(1) << bit) + side - 1;
  for (uint64_t near = 0; near < 6; near++) {
    values[count++] = UINT64_MAX - near;
    values[count++] = UINT64_MAX / 2 - capacity + near;
    values[count++] = UINT64_C(0) - capacity - near;
    values[count++] = capacity * near + 1;
    values[count++] = TICKRING_HEADER_BYTES + capacity * 32 + near - 2;
    values[count++] = UINT64_C(0x0101010101010101) * (near + 0x7E);
  }
  return count;
}

static fuzz_case case_of(uint32_t kind, uint64_t capacity) {
  fuzz_case one;
  memset(&one, 0, sizeof one);
  one.kind = one.kind_asked = kind;
  one.capacity = capacity;
  return one;
}

/* A peer changes while a ring is used what its ends read then: what comes after `instance`. */
static void every_field_at_every_value(uint32_t kind, uint64_t capacity, size_t first,
                                       size_t most) {
  uint64_t values[VALUES_MAX];
  size_t count = values_of(values, capacity);
  for (size_t f = first; f < most; f++)
    for (size_t v = 0; v < count; v++)
      for (uint8_t when = 0; when < (f < FIELDS_OF_ATTACH ? 1 : 2); when++) {
        fuzz_case one = case_of(kind, capacity);
        one.count = 1;
        one.changes[0].offset = fields[f].offset;
        one.changes[0].width = (uint8_t)fields[f].width;
        one.changes[0].value = values[v];
        one.changes[0].when = when;
        try_case(&one);
      }
}

/* A single bit of every word of the header, the reserved ones too. */
static void every_word(uint32_t kind, uint64_t capacity) {
  for (uint64_t offset = 0; offset < TICKRING_HEADER_BYTES; offset += 8) {
    fuzz_case one = case_of(kind, capacity);
    one.count = 1;
    one.changes[0].offset = offset;
    one.changes[0].width = 8;
    one.changes[0].value = UINT64_C(1) << offset / 8 % 64;
    try_case(&one);
  }
}

static void every_size(uint32_t kind, uint64_t capacity) {
  uint64_t right = TICKRING_HEADER_BYTES + 4096;
  const uint64_t sizes[] = {1, 8, 4088, 4095, 4096, 4097, 8191, right - 1, right + 1,
                            right + 4096, FUZZ_BYTES_MAX, UINT64_C(1) << 40};
  for (size_t each = 0; each < sizeof sizes / sizeof sizes[0]; each++) {
    fuzz_case one = case_of(kind, capacity);
    one.bytes = sizes[each];
    try_case(&one);
  }
}

static void many_at_once(uint64_t *seed) {
  uint64_t values[VALUES_MAX];
  fuzz_case one = case_of(1 + (uint32_t)stream_draw(seed) % 8, 0);
  one.capacity = UINT64_C(2) << stream_draw(seed) % 7;
  size_t count = values_of(values, one.capacity);
  one.count = 1 + (uint32_t)stream_draw(seed) % 12;
  if (stream_draw(seed) % 8 == 0) one.bytes = 1 + stream_draw(seed) % FUZZ_BYTES_MAX;
  if (stream_draw(seed) % 16 == 0) one.kind_asked = (uint32_t)stream_draw(seed) % 12;
  for (uint32_t index = 0; index < one.count; index++) {
    fuzz_change *each = &one.changes[index];
    /* What is checked at the attach is rarely changed, or nothing beyond would be met. */
    size_t first = stream_draw(seed) % 8 == 0 ? 0 : 7;
    const struct field *field = &fields[first + stream_draw(seed) % (FIELDS - first)];
    each->offset = stream_draw(seed) % 4 == 0 ? 4096 + stream_draw(seed) % 8192 : field->offset;
    each->width = (uint8_t)field->width;
    each->value = values[stream_draw(seed) % count] + stream_draw(seed) % 2 * stream_draw(seed);
    each->when = (uint8_t)(stream_draw(seed) % 3);
  }
  try_case(&one);
}

int main(int argc, char **argv) {
  uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
  uint64_t first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, seed = first_seed;
  for (uint32_t kind = 1; kind <= 8; kind++) {
    uint64_t least = kind == TICKRING_REGION_BROADCAST ? 2 : 1;
    bool is_32 = kind == TICKRING_REGION_TICKS || kind == TICKRING_REGION_BROADCAST;
    bool is_ring = is_32 || kind == TICKRING_REGION_ORDERS; /* events are used as orders are */
    every_field_at_every_value(kind, 8, 0, is_ring ? FIELDS : FIELDS_OF_ATTACH);
    if (is_32) every_field_at_every_value(kind, least, FIELDS_OF_ATTACH, FIELDS);
    every_word(kind, 8);
    every_size(kind, least);
  }
  uint64_t single = accepted + refused;
  if (refused < 10000 || accepted < 10000) {
    fprintf(stderr, "fields: what is to be refused, or to be used, was not met\n");
    return 1;
  }
  for (uint64_t round = 0; round < rounds; round++) many_at_once(&seed);
  int before = dup(STDERR_FILENO);
  if (before > 16) {
    fprintf(stderr, "fields: descriptors are left open\n");
    return 1;
  }
  printf("fields: seed %llu: %llu single changes, %llu drawn, %llu accepted, %llu refused: ok\n",
         (unsigned long long)first_seed, (unsigned long long)single, (unsigned long long)rounds,
         (unsigned long long)accepted, (unsigned long long)refused);
  return 0;
}
