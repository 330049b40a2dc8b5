/* stream.h: records that show what they are (which one of the stream, whose, and whether whole),
 * and rings that look as if many of them had gone through. For the tests of this folder.
 */
#ifndef STREAM_H
#define STREAM_H

#include "tickring.h"

#include <string.h>

#define STREAM_WORDS_MAX 7

static inline uint64_t stream_draw(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

static inline uint64_t stream_sum(const uint64_t *words, int count) {
  uint64_t sum = UINT64_C(0xCBF29CE484222325);
  for (int i = 0; i < count - 1; i++) {
    sum = (sum ^ words[i]) * UINT64_C(0x9E3779B97F4A7C15);
    sum ^= sum >> 29;
  }
  return sum;
}

/* Record `sequence` as `owner` writes it: 3 words (ticks) or 7. The last vouches for the others, so
 * that a mixture of two owners' records shows. */
static inline void stream_fill(uint64_t *words, int count, uint64_t sequence, uint64_t owner) {
  words[0] = sequence;
  words[1] = owner;
  for (int i = 2; i < count - 1; i++) words[i] = sequence * 31 + owner * 7 + (uint64_t)i;
  words[count - 1] = stream_sum(words, count);
}

static inline bool stream_is_whole(const uint64_t *words, int count) {
  return words[count - 1] == stream_sum(words, count);
}

static inline tickring_words stream_tick(uint64_t sequence, uint64_t owner) {
  tickring_words tick;
  stream_fill(tick.word, 3, sequence, owner);
  return tick;
}

/* Makes a queue look as if `start` records had gone through it. */
static inline void stream_start_at(tickring_region *region, uint64_t start) {
  region->header->position = start;
  region->header->head = start;
  for (uint64_t back = 1; back <= region->capacity && back <= start; back++) {
    uint64_t index = (start - back) & (region->capacity - 1);
    unsigned char *end = region->body + (index + 1) * region->slot_bytes;
    uint64_t word = tickring_word(start - back, 0);
    memcpy(end - sizeof word, &word, sizeof word);
  }
}

#endif
