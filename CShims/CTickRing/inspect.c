/* inspect.c: looking at regions from outside. Cold. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* open file description locks */
#endif
#include "internal.h"
#include "tickring_broadcast.h"
#include "tickring_inspect.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT_TURNS = 8 };

/* Compares the word's lower half: see tickring_queue.h. A slot that cannot be read holds none. */
static bool is_published(int fd, const tickring_info *info, uint64_t sequence) {
  uint64_t index = sequence & (info->header.capacity - 1);
  uint64_t end = TICKRING_HEADER_BYTES + (index + 1) * info->header.slot_bytes;
  uint64_t word = 0;
  if (pread(fd, &word, sizeof word, (off_t)(end - sizeof word)) != sizeof word) return false;
  return (uint32_t)word == (uint32_t)(sequence + 1);
}

/* What is published from `first` on is one run of at most `most` slots: its end is found by
 * halving, so that a large ring costs no more than a small one. */
static uint64_t run_length(int fd, const tickring_info *info, uint64_t first, uint64_t most) {
  uint64_t least = 0;
  while (least < most) {
    uint64_t middle = least + (most - least) / 2;
    if (is_published(fd, info, first + middle)) least = middle + 1;
    else most = middle;
  }
  return least;
}

/* Counts from the header's word at `offset`, which tells where the run begins. A ring that goes
 * round meanwhile takes the run away, and the word lies beyond what was found by then: that is
 * looked at again, a few times; a count is never less than the word. */
static uint64_t count_from(int fd, tickring_info *info, size_t offset, uint64_t most) {
  uint64_t *first = (uint64_t *)(void *)((unsigned char *)&info->header + offset);
  for (int turn = 0;; turn++) {
    uint64_t later = *first, found = run_length(fd, info, *first, most);
    if (pread(fd, &later, sizeof later, (off_t)offset) != sizeof later) later = *first;
    if (later - *first <= found || turn == COUNT_TURNS) return *first + found;
    *first = later;
  }
}

static void count_queue(int fd, tickring_info *info) {
  size_t position = offsetof(tickring_header, position);
  info->published = count_from(fd, info, position, info->header.capacity);
  info->taken = info->header.position;
}

static void count_broadcast(int fd, tickring_info *info) {
  uint64_t stretch = tickring_stretch_of(info->header.capacity);
  info->published = count_from(fd, info, offsetof(tickring_header, tail), stretch);
}

static void read_info(int fd, const struct stat *file, tickring_info *info) {
  tickring_header *header = &info->header;
  tickring_geometry geometry;
  info->owner_uid = (uint32_t)file->st_uid;
  info->mode = (uint32_t)file->st_mode & 07777;
  info->file_bytes = (uint64_t)file->st_size;
  info->is_attached = tickring_internal_is_locked(fd, TICKRING_LOCK_ATTACHED);
  info->has_producer = tickring_internal_is_locked(fd, TICKRING_LOCK_PRODUCER);
  info->has_consumer = tickring_internal_is_locked(fd, TICKRING_LOCK_CONSUMER);
  /* Of a file that was cut off what is left still says whether it was a region. */
  if (pread(fd, header, sizeof *header, 0) != (ssize_t)sizeof *header) {
    info->verdict = TICKRING_E_NOT_A_REGION;
    return;
  }
  info->verdict =
      tickring_internal_check_header(header, header->kind, info->file_bytes, &geometry);
  if (info->verdict != TICKRING_OK) return;
  if (tickring_internal_is_ring(header->kind)) count_queue(fd, info);
  if (header->kind == TICKRING_REGION_BROADCAST) count_broadcast(fd, info);
  info->verdict = tickring_internal_check_file(fd, &info->file_bytes);
}

/* Opens a regular file of that name. */
static int open_file(const char *directory, const char *name, int rights, int *fd,
                     struct stat *file) {
  char path[TICKRING_PATH_BYTES];
  int error = tickring_internal_path(directory, name, path);
  if (error) return error;
  *fd = open(path, rights | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (*fd < 0) return tickring_internal_errno();
  if (fstat(*fd, file) != 0) error = tickring_internal_errno();
  else if (!S_ISREG(file->st_mode)) error = TICKRING_E_NOT_A_REGION;
  if (error) close(*fd);
  return error;
}

int tickring_inspect(const char *directory, const char *name, tickring_info *info) {
  struct stat file;
  int fd = -1;
  memset(info, 0, sizeof *info);
  int error = open_file(directory, name, O_RDONLY, &fd, &file);
  if (error) return error;
  read_info(fd, &file, info);
  close(fd);
  return TICKRING_OK;
}

int tickring_remove_unused(const char *directory, const char *name) {
  struct stat file;
  uint64_t magic = 0;
  uint32_t version = 0;
  const off_t version_at = offsetof(tickring_header, version);
  int fd = -1;
  int error = open_file(directory, name, O_RDWR, &fd, &file);
  if (error) return error;
  if (pread(fd, &magic, sizeof magic, 0) != sizeof magic || magic != TICKRING_MAGIC)
    error = TICKRING_E_NOT_A_REGION;
  /* Another version may say otherwise who is attached. */
  else if (pread(fd, &version, sizeof version, version_at) == sizeof version &&
           version != TICKRING_VERSION)
    error = TICKRING_E_VERSION;
  /* Excludes every attachment, those to come too, until the name is gone. */
  else if (tickring_internal_lock(fd, TICKRING_LOCK_ATTACHED, F_WRLCK) != 0)
    error = TICKRING_E_ROLE_TAKEN;
  /* Removed meanwhile: what has the name now, if anything, is another region. */
  else if (fstat(fd, &file) != 0 || file.st_nlink == 0)
    error = TICKRING_E_ABSENT;
  else
    error = tickring_remove(directory, name);
  close(fd);
  return error;
}

bool tickring_role_is_held(const tickring_region *region, enum tickring_role role) {
  bool is_own = (region->roles & UINT32_C(1) << role) != 0;
  return !is_own && tickring_internal_is_locked(region->fd, (enum tickring_lock)role);
}
