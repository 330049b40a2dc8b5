/* tickring_words.h: the benchmark's record as what the tick ring carries, and back. */
#ifndef BENCH_TICKRING_WORDS_H
#define BENCH_TICKRING_WORDS_H

#include "tickring.h"

#include "ring_bench.h"

static inline tickring_words words_of(bench_record record) {
  return (tickring_words){{record.word[0], record.word[1], record.word[2]}};
}

static inline bench_record record_of(const tickring_tick *tick) {
  return (bench_record){{tick->word[0], tick->word[1], tick->word[2]}};
}

/* The words of the record `i` after `*first`. */
static inline tickring_words words_after(void *first, uint64_t i) {
  return words_of(bench_record_of(*(const uint64_t *)first + i));
}

#endif
