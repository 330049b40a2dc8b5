/* region.c: creating, attaching and removing regions. Cold: runs at start and end only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, seals */
#endif
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Bytes of the UTF-8 character at `at`; 0: it is none, or a control character. */
static size_t character_bytes(const unsigned char *at) {
  if (at[0] < 0x80) return at[0] >= 0x20 && at[0] != 0x7F ? 1 : 0;
  if (at[0] < 0xC2 || at[0] > 0xF4) return 0;
  size_t bytes = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
  for (size_t index = 1; index < bytes; index++)
    if ((at[index] & 0xC0) != 0x80) return 0; /* the end of the name, too */
  /* Controls, what fewer bytes can say, halves of UTF-16, what lies beyond the last. */
  if ((at[0] == 0xC2 || at[0] == 0xE0) && at[1] < 0xA0) return 0;
  if (at[0] == 0xF0 && at[1] < 0x90) return 0;
  if ((at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF4 && at[1] > 0x8F)) return 0;
  return bytes;
}

/* A name is shown in lists and logs, one a line: no control character may be in it, and nothing
 * that is no text, which those who list could not name again. */
static bool is_name(const char *name) {
  if (name == NULL || name[0] == '\0' || name[0] == '.') return false;
  const unsigned char *at = (const unsigned char *)name;
  while (*at != '\0') {
    size_t bytes = *at != '/' ? character_bytes(at) : 0;
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

int tickring_internal_path(const char *directory, const char *name,
                           char path[TICKRING_PATH_BYTES]) {
  if (directory == NULL || directory[0] == '\0' || !is_name(name)) return TICKRING_E_ARGUMENT;
  int length = snprintf(path, TICKRING_PATH_BYTES, "%s/%s", directory, name);
  return length > 0 && length < TICKRING_PATH_BYTES ? TICKRING_OK : TICKRING_E_ARGUMENT;
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void tickring_internal_clear(tickring_region *region) {
  memset(region, 0, sizeof *region);
  region->fd = -1;
}

/* Addresses for `bytes` that begin at a multiple of `page_bytes`, or NULL: only there can a huge
 * page be mapped as one. */
static void *reserve(uint64_t bytes, uint64_t page_bytes) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *memory = mmap(NULL, bytes + page_bytes, PROT_NONE, flags, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  unsigned char *begin = (unsigned char *)memory;
  uint64_t before = (page_bytes - (uint64_t)(uintptr_t)begin % page_bytes) % page_bytes;
  if (before != 0) munmap(begin, before);
  munmap(begin + before + bytes, page_bytes - before);
  return begin + before;
}

/* Maps as far as `region` may write. */
static int map(int fd, uint64_t bytes, uint64_t page_bytes, tickring_region *region) {
  int rights = region->is_read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void *place = page_bytes != 0 ? reserve(bytes, page_bytes) : NULL;
  void *memory = mmap(place, bytes, rights, MAP_SHARED | (place ? MAP_FIXED : 0), fd, 0);
  if (memory == MAP_FAILED) {
    int error = tickring_internal_errno();
    if (place != NULL) munmap(place, bytes);
    return error;
  }
  region->header = (tickring_header *)memory;
  region->body = (unsigned char *)memory + TICKRING_HEADER_BYTES;
  region->bytes = bytes;
  region->fd = fd;
  region->pid = (int32_t)getpid();
  return TICKRING_OK;
}

/* Ends a region and leaves errno as it was, so that the first failure is the one told. */
static void unmap_and_close(tickring_region *region, int fd) {
  int first = errno;
  if (region->header != NULL) {
    tickring_internal_unguard(region);
    munmap(region->header, region->bytes);
  }
  close(fd);
  tickring_internal_clear(region);
  errno = first;
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
  int error = map(fd, geometry->bytes, geometry->page_bytes, region);
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

/* Lets the kernel know that someone is attached, until the descriptor is closed. Refused only while
 * the name is being removed because nobody was. */
static int share_attachment(int fd) {
  if (tickring_internal_lock(fd, TICKRING_LOCK_ATTACHED, F_RDLCK) == 0) return TICKRING_OK;
  return errno == EAGAIN || errno == EACCES ? TICKRING_E_ABSENT : tickring_internal_errno();
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
  int error = share_attachment(fd);
  if (!error) error = measure(fd, options, &geometry);
  if (!error) error = build(fd, &geometry, options, region);
  if (error) {
    int first = errno;
    if (path != NULL) unlink(path);
    errno = first;
    unmap_and_close(region, fd);
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
  unmap_and_close(region, fd);
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

/* Files with a name have no such seals, and cannot get them. */
bool tickring_internal_is_sealed(int fd) {
  int seals = fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & TICKRING_SEALS) == TICKRING_SEALS;
}

int tickring_internal_check_file(int fd, uint64_t *bytes) {
  struct stat file;
  if (fstat(fd, &file) != 0) return tickring_internal_errno();
  if (!S_ISREG(file.st_mode)) return TICKRING_E_NOT_A_REGION;
  /* Whoever writes a sealed file cannot make us fault; who handed it over is the caller's trust. */
  bool is_ours = file.st_uid == geteuid() || geteuid() == 0;
  bool is_open = (file.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if ((!is_ours || is_open) && !tickring_internal_is_sealed(fd)) return TICKRING_E_OWNER;
  if (file.st_size < (off_t)TICKRING_HEADER_BYTES) return TICKRING_E_NOT_A_REGION;
  *bytes = (uint64_t)file.st_size;
  return TICKRING_OK;
}

/* Read, not mapped: a peer that truncates the file meanwhile is an error here, and no SIGBUS. The
 * magic first, which says that the rest is there. */
static bool read_header(int fd, tickring_header *header) {
  uint64_t magic = 0;
  if (pread(fd, &magic, sizeof magic, 0) != (ssize_t)sizeof magic) return false;
  tickring_fence_acquire(); /* SHARE */
  if (pread(fd, header, sizeof *header, 0) != (ssize_t)sizeof *header) return false;
  return magic == header->magic;
}

/* Looks at the header alone first: a file of holes, however large it says it is, must not take
 * memory before it has shown that it is a region. */
static int attach_file(int fd, uint32_t kind, tickring_region *region) {
  tickring_header header;
  tickring_geometry geometry = {0, 0, 0};
  uint64_t bytes = 0, bytes_now = 0;
  int error = tickring_internal_check_file(fd, &bytes);
  if (!error && !read_header(fd, &header)) error = TICKRING_E_NOT_A_REGION;
  if (!error) error = tickring_internal_check_header(&header, kind, bytes, &geometry);
  if (!error) error = map(fd, geometry.bytes, geometry.page_bytes, region);
  if (error) return error;
  region->capacity = geometry.capacity;
  region->kind = kind;
  region->slot_bytes = tickring_internal_slot_bytes(kind);
  error = region->is_untouched ? TICKRING_OK : tickring_internal_map_ahead(region);
  /* A page that cannot be had may be one that is gone. */
  if (error && (tickring_internal_check_file(fd, &bytes_now) || bytes_now != bytes))
    error = TICKRING_E_SIZE;
  return error;
}

/* Takes `fd` over. `region` is clear, and says whether it is for reading only, or untouched. */
static int attach_fd(int fd, uint32_t kind, tickring_region *region) {
  int error = share_attachment(fd);
  if (!error) error = attach_file(fd, kind, region);
  if (error) unmap_and_close(region, fd);
  return error;
}

/* `region` is clear, and says whether it is for reading only, or untouched. */
static int attach_path(const char *path, uint32_t kind, int flags, tickring_region *region) {
  if (tickring_internal_slot_bytes(kind) == 0) return TICKRING_E_ARGUMENT;
  int rights = region->is_read_only ? O_RDONLY : O_RDWR;
  /* Non-blocking, so that a FIFO of that name is an error and not a wait. */
  int fd = open(path, rights | O_CLOEXEC | O_NONBLOCK | flags);
  if (fd < 0) return tickring_internal_errno();
  return attach_fd(fd, kind, region);
}

int tickring_internal_attach(int fd, uint32_t kind, tickring_region *region) {
  tickring_internal_clear(region);
  if (tickring_internal_slot_bytes(kind) != 0) return attach_fd(fd, kind, region);
  close(fd);
  return TICKRING_E_ARGUMENT;
}

/* Whether the file has a name still. */
static bool has_name(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 && file.st_nlink != 0;
}

/* As attach_path, by name, which may be removed between its opening and the attachment: whoever
 * comes next would make another region, and the two would never meet. */
static int attach_name(const char *directory, const char *name, uint32_t kind,
                       tickring_region *region) {
  char path[TICKRING_PATH_BYTES];
  int error = tickring_internal_path(directory, name, path);
  if (!error) error = attach_path(path, kind, O_NOFOLLOW, region);
  if (error || has_name(region->fd)) return error;
  tickring_detach(region);
  return TICKRING_E_ABSENT;
}

int tickring_attach(const char *directory, const char *name, uint32_t kind,
                    tickring_region *region) {
  tickring_internal_clear(region);
  return attach_name(directory, name, kind, region);
}

int tickring_attach_reader(const char *directory, const char *name, uint32_t kind,
                           tickring_region *region) {
  tickring_internal_clear(region);
  region->is_read_only = true;
  return attach_name(directory, name, kind, region);
}

int tickring_attach_untouched(const char *directory, const char *name, uint32_t kind,
                              tickring_region *region) {
  tickring_internal_clear(region);
  region->is_untouched = true;
  return attach_name(directory, name, kind, region);
}

/* `copy` is clear, and says whether it is untouched. */
static int duplicate(const tickring_region *region, tickring_region *copy) {
  char path[64];
  copy->is_read_only = region->is_read_only;
  /* A new open file description: a duplicated descriptor would share its locks. */
  snprintf(path, sizeof path, "/proc/self/fd/%d", region->fd);
  return attach_path(path, region->kind, 0, copy);
}

int tickring_duplicate(const tickring_region *region, tickring_region *copy) {
  tickring_internal_clear(copy);
  return duplicate(region, copy);
}

int tickring_duplicate_untouched(const tickring_region *region, tickring_region *copy) {
  tickring_internal_clear(copy);
  copy->is_untouched = true;
  return duplicate(region, copy);
}

void tickring_detach(tickring_region *region) {
  if (region->header == NULL) return; /* never attached, or given away */
  unmap_and_close(region, region->fd);
}

int tickring_remove(const char *directory, const char *name) {
  char path[TICKRING_PATH_BYTES];
  int error = tickring_internal_path(directory, name, path);
  if (error) return error;
  return unlink(path) == 0 ? TICKRING_OK : tickring_internal_errno();
}
