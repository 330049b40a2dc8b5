/* create.c: making regions. Cold: runs at start only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE */
#endif
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* A file beyond the process's limit would be a signal (SIGXFSZ), which kills. */
static bool is_within_limit(uint64_t bytes) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || bytes <= limit.rlim_cur;
}

static int allocate(int fd, uint64_t bytes) {
  do errno = posix_fallocate(fd, 0, (off_t)bytes);
  while (errno == EINTR);
  return errno != 0 ? tickring_internal_errno() : TICKRING_OK;
}

/* Sizes, maps, binds and only then allocates: the allocation is what chooses the node, and the size
 * of the pages, which a touch can ask for and fallocate cannot. */
static int build(int fd, const tickring_geometry *geometry, const tickring_options *options,
                 tickring_region *region) {
  bool is_huge = geometry->page_bytes != 0;
  if (!is_within_limit(geometry->bytes)) return TICKRING_E_FULL;
  if (ftruncate(fd, (off_t)geometry->bytes) != 0) return tickring_internal_errno();
  int error = tickring_internal_map(fd, geometry->bytes, geometry->page_bytes, region);
  if (!error) error = tickring_internal_bind(region, options->node_plus_1);
  if (!error && is_huge) error = tickring_internal_populate_huge(region);
  if (!error) error = allocate(fd, geometry->bytes);
  if (!error && !is_huge && !options->is_untouched) error = tickring_internal_populate(region);
  if (!error) error = tickring_internal_check_place(region, options->node_plus_1, is_huge);
  return error;
}

static void write_header(tickring_region *region, const tickring_options *options,
                         uint64_t page_bytes) {
  tickring_header *header = region->header;
  header->version = TICKRING_VERSION;
  header->kind = options->kind;
  header->header_bytes = TICKRING_HEADER_BYTES;
  header->slot_bytes = region->slot_bytes;
  header->capacity = region->capacity;
  header->region_bytes = region->bytes;
  header->layout_hash = tickring_internal_layout_hash(options->kind);
  header->build_hash =
      options->build_hash != 0 ? options->build_hash : tickring_build_hash();
  header->node_plus_1 = (uint64_t)options->node_plus_1;
  header->page_bytes = page_bytes;
  header->epoch = clock_ns(CLOCK_REALTIME);
  header->instance = clock_ns(CLOCK_MONOTONIC) * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)getpid();
  tickring_store_release(&header->magic, TICKRING_MAGIC); /* SHARE: last, so all above is there */
}

/* How long the file is to be. */
static int measure(int fd, const tickring_options *options, tickring_geometry *geometry) {
  uint64_t page_bytes = tickring_internal_hugetlb_page(fd); /* it has no others */
  if (options->pages == TICKRING_PAGES_HUGE) {
    if (page_bytes == 0) page_bytes = tickring_internal_tmpfs_page(fd);
    if (page_bytes == 0) return TICKRING_E_HUGE_PAGES;
  }
  geometry->page_bytes = page_bytes;
  geometry->bytes =
      tickring_internal_region_bytes(options->kind, options->capacity, page_bytes);
  return TICKRING_OK;
}

/* Makes a region of a new file. Takes `fd` over; `path` is its name, to be removed on failure. */
static int create_in(int fd, const char *path, const tickring_options *options,
                     tickring_region *region) {
  tickring_geometry geometry = {options->capacity, 0, 0};
  int error = tickring_internal_share(fd);
  if (!error) error = measure(fd, options, &geometry);
  if (!error) error = build(fd, &geometry, options, region);
  if (error) {
    int first = errno;
    if (path != NULL) unlink(path);
    errno = first;
    tickring_internal_unmap(region, fd);
    return error;
  }
  region->capacity = options->capacity;
  region->kind = options->kind;
  region->slot_bytes = tickring_internal_slot_bytes(options->kind);
  write_header(region, options, geometry.page_bytes);
  return TICKRING_OK;
}

static bool is_valid(const tickring_options *options) {
  return options != NULL && tickring_internal_slot_bytes(options->kind) != 0 &&
         options->pages <= TICKRING_PAGES_HUGE && options->node_plus_1 >= 0 &&
         !(options->is_untouched && (options->node_plus_1 != 0 || options->pages != 0)) &&
         tickring_internal_is_capacity(options->kind, options->capacity);
}

int tickring_internal_create(int fd, const tickring_options *options, tickring_region *region) {
  tickring_internal_clear(region);
  if (is_valid(options)) return create_in(fd, NULL, options, region);
  close(fd);
  return TICKRING_E_ARGUMENT;
}

static int open_new(const char *path) {
  return open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int create_with_name(const char *path, const tickring_options *options,
                            tickring_region *region) {
  int fd = open_new(path);
  return fd < 0 ? tickring_internal_errno() : create_in(fd, path, options, region);
}

/* A new file that has no name yet; -1 where the file system makes none. `flags`: O_EXCL if it is
 * never to have one. */
static int open_nameless(const char *directory, int flags) {
#ifdef O_TMPFILE
  return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);
#else
  (void)directory;
  (void)flags;
  errno = EOPNOTSUPP;
  return -1;
#endif
}

/* The name comes last: whoever finds it finds a region, and a creator that dies leaves no name. */
int tickring_create(const char *directory, const char *name, const tickring_options *options,
                    tickring_region *region) {
  char path[TICKRING_PATH_BYTES], own_path[64];
  struct stat there;
  tickring_internal_clear(region);
  if (!is_valid(options)) return TICKRING_E_ARGUMENT;
  int error = tickring_internal_path(directory, name, path);
  if (error) return error;
  if (lstat(path, &there) == 0) return TICKRING_E_EXISTS;
  int fd = open_nameless(directory, 0);
  if (fd < 0) return create_with_name(path, options, region);
  error = create_in(fd, NULL, options, region);
  if (error) return error;
  snprintf(own_path, sizeof own_path, "/proc/self/fd/%d", fd);
  if (linkat(AT_FDCWD, own_path, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) return TICKRING_OK;
  tickring_internal_unmap(region, fd);
  /* Another was faster; or no /proc is here. */
  return errno == EEXIST ? TICKRING_E_EXISTS : create_with_name(path, options, region);
}

/* Where the file system cannot make files without a name: a name for as long as two calls take. */
static int open_and_unlink(const char *directory) {
  char path[TICKRING_PATH_BYTES];
  int length = snprintf(path, sizeof path, "%s/tickway-%ld-%llu", directory, (long)getpid(),
                        (unsigned long long)clock_ns(CLOCK_MONOTONIC));
  if (length <= 0 || length >= TICKRING_PATH_BYTES) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = open_new(path);
  if (fd >= 0) {
    unlink(path);
  } else if (errno == ENOENT && access(directory, F_OK) == 0) {
    errno = EPERM; /* as /proc says it: there, but not for new files */
  }
  return fd;
}

int tickring_create_unnamed(const char *directory, const tickring_options *options,
                            tickring_region *region) {
  tickring_internal_clear(region);
  if (directory == NULL || !is_valid(options)) return TICKRING_E_ARGUMENT;
  int fd = open_nameless(directory, O_EXCL);
  if (fd < 0 && errno != ENOENT && errno != ENOTDIR) fd = open_and_unlink(directory);
  return fd < 0 ? tickring_internal_errno() : create_in(fd, NULL, options, region);
}
