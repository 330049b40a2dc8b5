/* region.c: mapping, attaching and detaching regions. Cold: runs at start and end only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* seals */
#endif
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

int tickring_internal_map(int fd, uint64_t bytes, uint64_t page_bytes, tickring_region *region) {
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

void tickring_internal_unmap(tickring_region *region, int fd) {
  int first = errno;
  if (region->header != NULL) {
    tickring_internal_unguard(region);
    munmap(region->header, region->bytes);
  }
  /* By the close alone it would stay with a description that others share: a forked child. */
  if (region->roles != 0 && region->pid == (int32_t)getpid())
    tickring_internal_give_back(fd, region->roles);
  close(fd);
  tickring_internal_clear(region);
  errno = first;
}

int tickring_internal_share(int fd) {
  if (tickring_internal_lock(fd, TICKRING_LOCK_ATTACHED, F_RDLCK) == 0) return TICKRING_OK;
  return errno == EAGAIN || errno == EACCES ? TICKRING_E_ABSENT : tickring_internal_errno();
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
  if (!error) error = tickring_internal_map(fd, geometry.bytes, geometry.page_bytes, region);
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
  int error = tickring_internal_share(fd);
  if (!error) error = attach_file(fd, kind, region);
  if (error) tickring_internal_unmap(region, fd);
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
  if (tickring_internal_slot_bytes(region->kind) == 0) return TICKRING_E_ARGUMENT;
  copy->is_read_only = region->is_read_only;
  /* A new open file description, which no fork before shares. Of another user's sealed region this
   * process has the one that it was handed, and no right to open it again. */
  snprintf(path, sizeof path, "/proc/self/fd/%d", region->fd);
  int fd = open(path, (copy->is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == EACCES && region->pid == (int32_t)getpid())
    fd = fcntl(region->fd, F_DUPFD_CLOEXEC, 0);
  return fd < 0 ? tickring_internal_errno() : attach_fd(fd, region->kind, copy);
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
  tickring_internal_unmap(region, region->fd);
}
