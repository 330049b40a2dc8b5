/* tickring_control.h: the words by which the roles of an instance begin a session and end in order,
 * as far as a worker of one's own honours them. CShims/Examples/worker.c is such a worker.
 *
 * A control page is a region of kind TICKRING_REGION_CONTROL: 64-byte lines, of which each word
 * has one of its own. One role writes a word, any role reads it; 0 is what each begins with.
 *
 * What a worker owes, in the order in which it is asked for:
 *
 *   1. When `session` changes, which it does only while every ring is empty, it forgets all that
 *      it knows of the market.
 *   2. When it finds nothing to do, it says how far it is: ticks polled, requests published, each
 *      since its ring was made.
 *   3. When `ingest_done` was not 0 before it found its tick ring empty, it asks for nothing more
 *      and says `done`. Events still come.
 *   4. When `sender_done` was not 0 before it found its event ring empty, it ends.
 *   5. When `failed` is not 0 it ends at once.
 *
 * Its end alone is no failure, and its death is known by its rings, which are free then: a
 * successor goes on with them, once it has taken back `done`.
 */
#ifndef TICKRING_CONTROL_H
#define TICKRING_CONTROL_H

#include "tickring_region.h"

/* Lines of the page, and workers that it has lines for. */
#define TICKRING_CONTROL_LINES UINT64_C(64)
#define TICKRING_CONTROL_WORKERS_MAX UINT32_C(48)

/* Words for all; written by others. */
enum tickring_control_word {
  TICKRING_CONTROL_SESSION = 2,     /* counts sessions */
  TICKRING_CONTROL_INGEST_DONE = 4, /* not 0: no tick comes any more */
  TICKRING_CONTROL_FAILED = 7,      /* not 0: a role has failed, and every other ends */
  TICKRING_CONTROL_SENDER_DONE = 8  /* not 0: no event comes any more */
};

/* Words of one worker; written by that worker. */
enum tickring_worker_word {
  TICKRING_WORKER_TICKS = 0,    /* ticks polled and acted upon */
  TICKRING_WORKER_REQUESTS = 1, /* requests published before that */
  TICKRING_WORKER_DONE = 2      /* not 0: it asks for nothing more */
};

static inline uint64_t tickring_control(const tickring_region *page,
                                        enum tickring_control_word word) {
  const uint64_t *words = (const uint64_t *)(const void *)page->body;
  return tickring_load_acquire(words + (size_t)word * 8); /* SHARE */
}

/* `worker` is below TICKRING_CONTROL_WORKERS_MAX, and the page not read-only. */
static inline void tickring_control_tell(tickring_region *page, uint32_t worker,
                                         enum tickring_worker_word word, uint64_t value) {
  uint64_t *words = (uint64_t *)(void *)page->body;
  tickring_store_release(words + ((size_t)16 + worker) * 8 + word, value); /* SHARE */
}

#endif
