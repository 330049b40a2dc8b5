/* internal.h: what the compiled files share; not installed, not for users. */
#ifndef TICKRING_INTERNAL_H
#define TICKRING_INTERNAL_H

#include "tickring.h"

#define TICKRING_HIDDEN __attribute__((visibility("hidden")))
#define TICKRING_PATH_BYTES 512
#define TICKRING_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Bytes of the file that are locked: the roles, then one that every attachment shares, so that the
 * kernel knows whether anyone is left. They lie far behind any region's end. */
enum tickring_lock {
  TICKRING_LOCK_PRODUCER = TICKRING_PRODUCER,
  TICKRING_LOCK_CONSUMER = TICKRING_CONSUMER,
  TICKRING_LOCK_ATTACHED = 2
};

/* layout.c */
TICKRING_HIDDEN uint32_t tickring_internal_slot_bytes(uint32_t kind); /* 0: no such kind */
TICKRING_HIDDEN uint64_t tickring_internal_layout_hash(uint32_t kind);
TICKRING_HIDDEN uint64_t tickring_internal_region_bytes(uint32_t slot_bytes, uint64_t capacity);
TICKRING_HIDDEN bool tickring_internal_is_capacity(uint32_t kind, uint64_t capacity);
TICKRING_HIDDEN bool tickring_internal_is_ring(uint32_t kind);
TICKRING_HIDDEN int tickring_internal_check_header(const tickring_header *header, uint32_t kind,
                                                   uint64_t file_bytes, uint64_t *capacity);

/* error.c: the code that errno stands for. */
TICKRING_HIDDEN int tickring_internal_errno(void);

/* place.c: before the first touch; and the first touch. */
TICKRING_HIDDEN int tickring_internal_bind(const tickring_region *region, int32_t node_plus_1);
TICKRING_HIDDEN int tickring_internal_populate(const tickring_region *region);

/* roles.c. 0, or -1 and errno. `type`: F_RDLCK or F_WRLCK. */
TICKRING_HIDDEN int tickring_internal_lock(int fd, enum tickring_lock byte, short type);
/* Whether another open file description holds a lock that excludes F_WRLCK. */
TICKRING_HIDDEN bool tickring_internal_is_locked(int fd, enum tickring_lock byte);

/* region.c: a region that is not attached. */
TICKRING_HIDDEN void tickring_internal_clear(tickring_region *region);
TICKRING_HIDDEN int tickring_internal_path(const char *directory, const char *name,
                                           char path[TICKRING_PATH_BYTES]);
TICKRING_HIDDEN int tickring_internal_check_file(int fd, uint64_t *bytes);
/* Makes a region of a new, empty file without a name, or attaches an open one; `fd` is taken over.
 */
TICKRING_HIDDEN int tickring_internal_create(int fd, const tickring_options *options,
                                             tickring_region *region);
TICKRING_HIDDEN int tickring_internal_attach(int fd, uint32_t kind, tickring_region *region);
/* Whether nobody can change the file's size any more. */
TICKRING_HIDDEN bool tickring_internal_is_sealed(int fd);

#endif
