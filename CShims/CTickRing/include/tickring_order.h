/* tickring_order.h: the only memory ordering in Tickway.
 *
 * An acquire load sees everything that was written before the release store whose value it read.
 * Five pairs exist; each end carries its pair's name in a comment:
 *
 *   PUBLISH  producer stores a slot's commit word (release), consumer loads it (acquire).
 *            Licence: the record in the slot is whole.
 *   RETURN   consumer stores its head or position (release), producer loads it (acquire).
 *            Licence: the consumer's copies out of the slots before it are complete, so the
 *            producer may overwrite them.
 *   SHARE    a word of a header, directory, board or control page stored with release by its one
 *            writer, loaded with acquire by any reader. Licence: what the word vouches for.
 *   REVISE   fences, as of a seqlock: the writer's stands between saying what it is about to write
 *            over (by announcing it, or by invalidating a word) and doing so, the reader's between
 *            copying and its last look at what the writer says. Licence: what is not to be written
 *            over by then was not touched during the whole copy.
 *   SLEEP    a consumer announces that it sleeps, fences, and looks at the ring once more. The
 *            producer's end has no fence: see tickring_wait.h for what stands in for it.
 *
 * On x86-64 both compile to a plain move; on aarch64 to ldar / stlr. Relaxed accesses are whole
 * (never torn) and order nothing.
 */
#ifndef TICKRING_ORDER_H
#define TICKRING_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
#define TICKRING_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define TICKRING_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

static inline uint64_t tickring_load_acquire(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void tickring_store_release(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline uint64_t tickring_load_relaxed(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void tickring_store_relaxed(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Stores `value` if the word is `expected`; what the word was. Not for the hot path. */
static inline uint64_t tickring_compare_exchange(uint64_t *word, uint64_t expected,
                                                 uint64_t value) {
  (void)__atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE);
  return expected;
}

/* Keeps the accesses before it before the accesses after it: the reader's side of a seqlock needs
 * its copies to be over before it looks at the sequence again. */
static inline void tickring_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
static inline void tickring_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

/* Keeps a store before a later load, which nothing weaker does. Not for the hot path. */
static inline void tickring_fence_full(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Asks for a line that will be read soon. Any address; nothing waits. */
static inline void tickring_prefetch(const void *line) { __builtin_prefetch(line); }

/* Tells the core that this is a waiting loop. */
static inline void tickring_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

#endif
