/* internal.h: what the compiled files share; not installed, not for users. */
#ifndef TICKRING_INTERNAL_H
#define TICKRING_INTERNAL_H

#include "tickring.h"

#define TICKRING_HIDDEN __attribute__((visibility("hidden")))
#define TICKRING_PATH_BYTES 512
/* Huge pages beyond this are not used; those of arm64 with pages of 64 KiB are 16 GiB. */
#define TICKRING_PAGE_BYTES_MAX (UINT64_C(1) << 34)
#define TICKRING_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Bytes of the file that are locked: the roles, then one that every attachment shares, so that the
 * kernel knows whether anyone is left. They lie far behind any region's end. */
enum tickring_lock {
  TICKRING_LOCK_PRODUCER = TICKRING_PRODUCER,
  TICKRING_LOCK_CONSUMER = TICKRING_CONSUMER,
  TICKRING_LOCK_ATTACHED = 2
};

/* What a header says of a region's size, checked. */
typedef struct tickring_geometry {
  uint64_t capacity;
  uint64_t bytes;      /* of the file */
  uint64_t page_bytes; /* what its mapping is to be aligned to; 0: usual pages */
} tickring_geometry;

/* layout.c */
TICKRING_HIDDEN uint32_t tickring_internal_slot_bytes(uint32_t kind); /* 0: no such kind */
TICKRING_HIDDEN uint64_t tickring_internal_layout_hash(uint32_t kind);
/* `page_bytes`: a power of two of whose multiples the region is to be, or 0. */
TICKRING_HIDDEN uint64_t tickring_internal_region_bytes(uint32_t kind, uint64_t capacity,
                                                        uint64_t page_bytes);
TICKRING_HIDDEN bool tickring_internal_is_capacity(uint32_t kind, uint64_t capacity);
TICKRING_HIDDEN bool tickring_internal_is_ring(uint32_t kind);
TICKRING_HIDDEN int tickring_internal_check_header(const tickring_header *header, uint32_t kind,
                                                   uint64_t file_bytes,
                                                   tickring_geometry *geometry);

/* error.c: the code that errno stands for. */
TICKRING_HIDDEN int tickring_internal_errno(void);

/* place.c. Binds the file's memory to a node, if any is asked for: before the first touch, for
 * pages do not move afterwards. */
TICKRING_HIDDEN int tickring_internal_bind(const tickring_region *region, int32_t node_plus_1);
/* Touches every page, so that no fault waits in the hot path; the second, where the file has its
 * pages already, and the third, by huge pages where the kernel grants them. */
TICKRING_HIDDEN int tickring_internal_populate(const tickring_region *region);
TICKRING_HIDDEN int tickring_internal_map_ahead(const tickring_region *region);
TICKRING_HIDDEN int tickring_internal_populate_huge(const tickring_region *region);
/* Whether the memory lies as it was asked for. */
TICKRING_HIDDEN int tickring_internal_check_place(const tickring_region *region,
                                                  int32_t node_plus_1, bool is_huge);
/* The size of the pages of a hugetlb file; 0: it is none. */
TICKRING_HIDDEN uint64_t tickring_internal_hugetlb_page(int fd);
/* The size of the huge pages that a file of tmpfs could have; 0: none. */
TICKRING_HIDDEN uint64_t tickring_internal_tmpfs_page(int fd);

/* roles.c. 0, or -1 and errno. `type`: F_RDLCK or F_WRLCK. */
TICKRING_HIDDEN int tickring_internal_lock(int fd, enum tickring_lock byte, short type);
/* Whether an open file description, this one or another, holds a lock that excludes F_WRLCK. */
TICKRING_HIDDEN bool tickring_internal_is_locked(int fd, enum tickring_lock byte);
/* Gives back `roles`, bits of tickring_region. */
TICKRING_HIDDEN void tickring_internal_give_back(int fd, uint32_t roles);

/* guard.c: other memory may come where this region was. */
TICKRING_HIDDEN void tickring_internal_unguard(const tickring_region *region);

/* name.c: `directory`/`name`, if that is a name. */
TICKRING_HIDDEN int tickring_internal_path(const char *directory, const char *name,
                                           char path[TICKRING_PATH_BYTES]);

/* create.c: makes a region of a new, empty file without a name; `fd` is taken over. */
TICKRING_HIDDEN int tickring_internal_create(int fd, const tickring_options *options,
                                             tickring_region *region);

/* region.c: a region that is not attached. */
TICKRING_HIDDEN void tickring_internal_clear(tickring_region *region);
/* Maps as far as `region` may write. */
TICKRING_HIDDEN int tickring_internal_map(int fd, uint64_t bytes, uint64_t page_bytes,
                                          tickring_region *region);
/* Ends a region and leaves errno as it was, so that the first failure is the one told. */
TICKRING_HIDDEN void tickring_internal_unmap(tickring_region *region, int fd);
/* Lets the kernel know that someone is attached, until the descriptor is closed. Refused only while
 * the name is being removed because nobody was. */
TICKRING_HIDDEN int tickring_internal_share(int fd);
/* Attaches an open file; `fd` is taken over. */
TICKRING_HIDDEN int tickring_internal_attach(int fd, uint32_t kind, tickring_region *region);
TICKRING_HIDDEN int tickring_internal_check_file(int fd, uint64_t *bytes);
/* Whether nobody can change the file's size any more. */
TICKRING_HIDDEN bool tickring_internal_is_sealed(int fd);

#endif
