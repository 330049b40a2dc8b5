/* region.c: creating, attaching and claiming regions. Cold: runs at start and end only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* open file description locks, MADV_POPULATE_WRITE */
#endif
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOCK_OFFSET ((off_t)1 << 46)

static uint32_t slot_bytes_of(uint32_t kind) {
  switch (kind) {
    case TICKRING_REGION_TICKS:
    case TICKRING_REGION_BROADCAST:
    case TICKRING_REGION_DIRECTORY: return 32;
    case TICKRING_REGION_ORDERS:
    case TICKRING_REGION_EVENTS:
    case TICKRING_REGION_BOARD:
    case TICKRING_REGION_CONTROL: return 64;
    case TICKRING_REGION_METRICS: return 8;
    default: return 0;
  }
}

/* FNV-1a over what a reader must agree on to read a record of this kind. */
static uint64_t layout_hash_of(uint32_t kind) {
  const char *layout;
  switch (kind) {
    case TICKRING_REGION_TICKS: layout = "ticks:u64@0,u32@8,f64@12,u32@20,word@24"; break;
    case TICKRING_REGION_ORDERS:
      layout = "orders:u64@0,u64@8,u64@16,f64@24,u64@32,u64@40,u32@48,u8x4@52,word@56";
      break;
    case TICKRING_REGION_EVENTS:
      layout = "events:u64@0,u64@8,u64@16,f64@24,f64@32,f64@40,u32@48,u8x4@52,word@56";
      break;
    case TICKRING_REGION_DIRECTORY: layout = "directory:1"; break;
    case TICKRING_REGION_BOARD: layout = "board:1"; break;
    case TICKRING_REGION_CONTROL: layout = "control:1"; break;
    case TICKRING_REGION_BROADCAST:
      layout = "broadcast:u64@0,u32@8,f64@12,u32@20,word@24,tail@512,ahead@640";
      break;
    default: layout = "metrics:1"; break;
  }
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (const char *at = layout; *at != '\0'; at++)
    hash = (hash ^ (uint64_t)(unsigned char)*at) * UINT64_C(0x100000001B3);
  return hash;
}

static uint64_t region_bytes_of(uint32_t slot_bytes, uint64_t capacity) {
  uint64_t bytes = TICKRING_HEADER_BYTES + capacity * slot_bytes;
  return (bytes + 4095) & ~UINT64_C(4095);
}

/* In a broadcast ring of one slot the last record would be gone before the next one is there. */
static bool is_capacity(uint32_t kind, uint64_t capacity) {
  uint64_t least = kind == TICKRING_REGION_BROADCAST ? 2 : 1;
  return capacity >= least && capacity <= TICKRING_CAPACITY_MAX && (capacity & (capacity - 1)) == 0;
}

int tickring_internal_errno(void) {
  switch (errno) {
    case EEXIST: return TICKRING_E_EXISTS;
    case ENOENT:
    case ENOTDIR: return TICKRING_E_ABSENT;
    case EACCES:
    case EPERM:
    case EROFS: return TICKRING_E_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* the process's limit on file sizes, or the file system's */
    case ENOMEM: return TICKRING_E_FULL;
    case ENAMETOOLONG: return TICKRING_E_ARGUMENT;
    case ELOOP:
    case EISDIR:
    case ENXIO: return TICKRING_E_NOT_A_REGION;
    default: return TICKRING_E_SYSTEM;
  }
}

int tickring_internal_path(const char *directory, const char *name,
                           char path[TICKRING_PATH_BYTES]) {
  if (directory == NULL || name == NULL || name[0] == '\0' || name[0] == '.' ||
      strchr(name, '/') != NULL)
    return TICKRING_E_ARGUMENT;
  int length = snprintf(path, TICKRING_PATH_BYTES, "%s/%s", directory, name);
  return length > 0 && length < TICKRING_PATH_BYTES ? TICKRING_OK : TICKRING_E_ARGUMENT;
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void clear(tickring_region *region) {
  memset(region, 0, sizeof *region);
  region->fd = -1;
}

/* Maps as far as `region` may write. */
static int map(int fd, uint64_t bytes, tickring_region *region) {
  int rights = region->is_read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void *memory = mmap(NULL, bytes, rights, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return tickring_internal_errno();
  region->header = (tickring_header *)memory;
  region->body = (unsigned char *)memory + TICKRING_HEADER_BYTES;
  region->bytes = bytes;
  region->fd = fd;
  return TICKRING_OK;
}

/* Ends a region and leaves errno as it was, so that the first failure is the one told. */
static void unmap_and_close(tickring_region *region, int fd) {
  int first = errno;
  if (region->header != NULL) munmap(region->header, region->bytes);
  close(fd);
  clear(region);
  errno = first;
}

/* Binds the file's memory to a node. Before the first touch: pages do not move afterwards. */
static int bind_node(const tickring_region *region, int32_t node_plus_1) {
  unsigned long nodes[16] = {0};
  const unsigned long word_bits = sizeof nodes[0] * 8;
  if (node_plus_1 == 0) return TICKRING_OK;
  unsigned long node = (unsigned long)node_plus_1 - 1;
  if (node_plus_1 < 0 || node >= sizeof nodes * 8) return TICKRING_E_ARGUMENT;
  nodes[node / word_bits] = 1ul << node % word_bits;
  const int bind = 2; /* MPOL_BIND: the node or an error, never silently another */
  const unsigned long bits = sizeof nodes * 8 + 1; /* the kernel counts one fewer */
  long result = syscall(SYS_mbind, region->header, region->bytes, bind, nodes, bits, 0);
  if (result == 0) return TICKRING_OK;
  /* EINVAL: no such node */
  return errno == EINVAL ? TICKRING_E_ARGUMENT : tickring_internal_errno();
}

/* Touches every page, so that no fault waits in the hot path. */
static int populate(const tickring_region *region) {
#ifdef MADV_POPULATE_WRITE
  int touch = region->is_read_only ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
  if (madvise(region->header, region->bytes, touch) == 0) return TICKRING_OK;
  /* A page that cannot be had now would be a SIGBUS later. */
  if (errno == EFAULT || errno == ENOMEM) return TICKRING_E_FULL;
  /* Anything else: a kernel before 5.14. Pages fault in at their first use, as they always did. */
#endif
  return TICKRING_OK;
}

/* Sizes, maps, binds and only then allocates: the allocation is what chooses the node. */
static int build(int fd, uint64_t bytes, const tickring_options *options,
                 tickring_region *region) {
  if (ftruncate(fd, (off_t)bytes) != 0) return tickring_internal_errno();
  int error = map(fd, bytes, region);
  if (!error) error = bind_node(region, options->node_plus_1);
  if (error) return error;
  do errno = posix_fallocate(fd, 0, (off_t)bytes);
  while (errno == EINTR);
  return errno != 0 ? tickring_internal_errno() : populate(region);
}

static void write_header(tickring_region *region, const tickring_options *options) {
  tickring_header *header = region->header;
  header->version = TICKRING_VERSION;
  header->kind = options->kind;
  header->header_bytes = TICKRING_HEADER_BYTES;
  header->slot_bytes = region->slot_bytes;
  header->capacity = region->capacity;
  header->region_bytes = region->bytes;
  header->layout_hash = layout_hash_of(options->kind);
  header->build_hash = options->build_hash;
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

/* Makes a region of a new file. Takes `fd` over; `path` is its name, to be removed on failure. */
static int create_in(int fd, const char *path, const tickring_options *options,
                     tickring_region *region) {
  uint32_t slot_bytes = slot_bytes_of(options->kind);
  int error = share_attachment(fd);
  if (!error) error = build(fd, region_bytes_of(slot_bytes, options->capacity), options, region);
  if (error) {
    int first = errno;
    if (path != NULL) unlink(path);
    errno = first;
    unmap_and_close(region, fd);
    return error;
  }
  region->capacity = options->capacity;
  region->kind = options->kind;
  region->slot_bytes = slot_bytes;
  write_header(region, options);
  return TICKRING_OK;
}

static bool is_valid(const tickring_options *options) {
  return options != NULL && slot_bytes_of(options->kind) != 0 &&
         is_capacity(options->kind, options->capacity);
}

int tickring_internal_create(int fd, const tickring_options *options, tickring_region *region) {
  clear(region);
  if (is_valid(options)) return create_in(fd, NULL, options, region);
  close(fd);
  return TICKRING_E_ARGUMENT;
}

static int open_new(const char *path) {
  return open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int tickring_create(const char *directory, const char *name, const tickring_options *options,
                    tickring_region *region) {
  char path[TICKRING_PATH_BYTES];
  clear(region);
  if (!is_valid(options)) return TICKRING_E_ARGUMENT;
  int error = tickring_internal_path(directory, name, path);
  if (error) return error;
  int fd = open_new(path);
  return fd < 0 ? tickring_internal_errno() : create_in(fd, path, options, region);
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
  clear(region);
  if (directory == NULL || !is_valid(options)) return TICKRING_E_ARGUMENT;
  int fd = -1;
#ifdef O_TMPFILE
  fd = open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
#endif
  if (fd < 0 && errno != ENOENT && errno != ENOTDIR) fd = open_and_unlink(directory);
  return fd < 0 ? tickring_internal_errno() : create_in(fd, NULL, options, region);
}

/* Every field is compared with what it must be; nothing of the header is used unchecked. */
int tickring_internal_check_header(const tickring_header *header, uint32_t kind,
                                   uint64_t file_bytes, uint64_t *capacity) {
  if (tickring_load_acquire(&header->magic) != TICKRING_MAGIC) /* SHARE */
    return TICKRING_E_NOT_A_REGION;
  if (header->version != TICKRING_VERSION) return TICKRING_E_VERSION;
  if (header->kind != kind || slot_bytes_of(kind) == 0) return TICKRING_E_KIND;
  if (header->header_bytes != TICKRING_HEADER_BYTES ||
      header->slot_bytes != slot_bytes_of(kind) || header->layout_hash != layout_hash_of(kind))
    return TICKRING_E_LAYOUT;
  uint64_t slots = header->capacity;
  if (!is_capacity(kind, slots)) return TICKRING_E_LAYOUT;
  uint64_t bytes = region_bytes_of(slot_bytes_of(kind), slots);
  if (header->region_bytes != bytes || file_bytes != bytes) return TICKRING_E_SIZE;
  *capacity = slots;
  return TICKRING_OK;
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

/* Looks at the header alone first: a file of holes, however large it says it is, must not take
 * memory before it has shown that it is a region. */
static int attach_file(int fd, uint32_t kind, tickring_region *region) {
  bool is_read_only = region->is_read_only;
  uint64_t bytes = 0;
  int error = tickring_internal_check_file(fd, &bytes);
  if (!error) error = map(fd, TICKRING_HEADER_BYTES, region);
  if (error) return error;
  uint64_t capacity = 0;
  error = tickring_internal_check_header(region->header, kind, bytes, &capacity);
  munmap(region->header, region->bytes);
  clear(region);
  region->is_read_only = is_read_only;
  if (!error) error = map(fd, bytes, region);
  if (error) return error;
  region->capacity = capacity;
  region->kind = kind;
  region->slot_bytes = slot_bytes_of(kind);
  return populate(region);
}

/* Takes `fd` over. `region` is clear, and says whether it is for reading only. */
static int attach_fd(int fd, uint32_t kind, tickring_region *region) {
  int error = share_attachment(fd);
  if (!error) error = attach_file(fd, kind, region);
  if (error) unmap_and_close(region, fd);
  return error;
}

/* `region` is clear, and says whether it is for reading only. */
static int attach_path(const char *path, uint32_t kind, int flags, tickring_region *region) {
  if (slot_bytes_of(kind) == 0) return TICKRING_E_ARGUMENT;
  int rights = region->is_read_only ? O_RDONLY : O_RDWR;
  /* Non-blocking, so that a FIFO of that name is an error and not a wait. */
  int fd = open(path, rights | O_CLOEXEC | O_NONBLOCK | flags);
  if (fd < 0) return tickring_internal_errno();
  return attach_fd(fd, kind, region);
}

int tickring_internal_attach(int fd, uint32_t kind, tickring_region *region) {
  clear(region);
  if (slot_bytes_of(kind) != 0) return attach_fd(fd, kind, region);
  close(fd);
  return TICKRING_E_ARGUMENT;
}

int tickring_attach(const char *directory, const char *name, uint32_t kind,
                    tickring_region *region) {
  char path[TICKRING_PATH_BYTES];
  clear(region);
  int error = tickring_internal_path(directory, name, path);
  return error ? error : attach_path(path, kind, O_NOFOLLOW, region);
}

int tickring_attach_reader(const char *directory, const char *name, uint32_t kind,
                           tickring_region *region) {
  char path[TICKRING_PATH_BYTES];
  clear(region);
  region->is_read_only = true;
  int error = tickring_internal_path(directory, name, path);
  return error ? error : attach_path(path, kind, O_NOFOLLOW, region);
}

int tickring_duplicate(const tickring_region *region, tickring_region *copy) {
  char path[64];
  clear(copy);
  copy->is_read_only = region->is_read_only;
  /* A new open file description: a duplicated descriptor would share its locks. */
  snprintf(path, sizeof path, "/proc/self/fd/%d", region->fd);
  return attach_path(path, region->kind, 0, copy);
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

static struct flock lock_of(enum tickring_lock byte, short type) {
  struct flock lock = {0};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = LOCK_OFFSET + (off_t)byte;
  lock.l_len = 1;
  return lock;
}

int tickring_internal_lock(int fd, enum tickring_lock byte, short type) {
  struct flock lock = lock_of(byte, type);
  return fcntl(fd, F_OFD_SETLK, &lock);
}

bool tickring_internal_is_locked(int fd, enum tickring_lock byte) {
  struct flock lock = lock_of(byte, F_WRLCK);
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int tickring_claim_role(tickring_region *region, enum tickring_role role, uint64_t *owner_pid) {
  if (region->is_read_only) return TICKRING_E_PERMISSION;
  tickring_header *header = region->header;
  uint64_t *pid = role == TICKRING_PRODUCER ? &header->producer_pid : &header->consumer_pid;
  uint64_t *generation =
      role == TICKRING_PRODUCER ? &header->producer_generation : &header->consumer_generation;
  if (tickring_internal_lock(region->fd, (enum tickring_lock)role, F_WRLCK) != 0) {
    if (errno != EAGAIN && errno != EACCES) return tickring_internal_errno();
    if (owner_pid != NULL) *owner_pid = tickring_load_relaxed(pid);
    return TICKRING_E_ROLE_TAKEN;
  }
  tickring_store_relaxed(pid, (uint64_t)getpid());
  tickring_store_relaxed(generation, tickring_load_relaxed(generation) + 1);
  return TICKRING_OK;
}

static uint64_t *word_at(const tickring_region *region, uint64_t sequence) {
  uint64_t index = sequence & (region->capacity - 1);
  unsigned char *slot = region->body + index * region->slot_bytes;
  return (uint64_t *)(void *)(slot + region->slot_bytes - sizeof(uint64_t));
}

static bool is_published(const tickring_region *region, uint64_t sequence) {
  return (uint32_t)tickring_load_acquire(word_at(region, sequence)) == (uint32_t)(sequence + 1);
}

bool tickring_internal_is_ring(uint32_t kind) {
  return kind == TICKRING_REGION_TICKS || kind == TICKRING_REGION_ORDERS ||
         kind == TICKRING_REGION_EVENTS;
}

int tickring_producer_open(tickring_region *region, tickring_producer *producer,
                           uint64_t *owner_pid) {
  int error = TICKRING_E_KIND;
  if (tickring_internal_is_ring(region->kind))
    error = tickring_claim_role(region, TICKRING_PRODUCER, owner_pid);
  if (error) {
    tickring_detach(region);
    return error;
  }
  /* RETURN. The position cannot pass a slot that is not published, so the scan begins there; a
   * position that is nonsense ends in an empty scan, never outside the slots. */
  uint64_t position = tickring_load_acquire(&region->header->position);
  uint64_t limit = position + region->capacity;
  uint64_t next = position;
  while (next != limit && is_published(region, next)) next++;
  /* What lies beyond is a batch whose first word was never stored: withdraw it, or it would
   * appear when its predecessors do. */
  for (uint64_t sequence = next; sequence != limit; sequence++)
    if (is_published(region, sequence))
      tickring_store_release(word_at(region, sequence), sequence + 1 - region->capacity);
  producer->slots = region->body;
  producer->mask = region->capacity - 1;
  producer->next = next;
  producer->limit = limit;
  producer->header = region->header;
  producer->region = *region;
  clear(region);
  return TICKRING_OK;
}

int tickring_consumer_open(tickring_region *region, tickring_consumer *consumer,
                           uint64_t *owner_pid) {
  int error = TICKRING_E_KIND;
  if (tickring_internal_is_ring(region->kind))
    error = tickring_claim_role(region, TICKRING_CONSUMER, owner_pid);
  if (error) {
    tickring_detach(region);
    return error;
  }
  uint64_t eighth = region->capacity / 8;
  consumer->slots = region->body;
  consumer->mask = region->capacity - 1;
  consumer->next = tickring_load_acquire(&region->header->position); /* RETURN */
  consumer->share_mask = eighth > 1 ? eighth - 1 : 0;
  /* More than will ever be polled: a small ring is eager for ever. */
  consumer->eager_count = region->capacity <= TICKRING_SMALL_CAPACITY ? UINT64_C(1) << 62
                                                                      : TICKRING_EAGER_COUNT;
  consumer->eager_end = consumer->next + consumer->eager_count;
  consumer->empty_at = consumer->next;
  consumer->empty_polls = 0;
  consumer->header = region->header;
  consumer->region = *region;
  clear(region);
  return TICKRING_OK;
}

void tickring_producer_close(tickring_producer *producer) { tickring_detach(&producer->region); }
void tickring_consumer_close(tickring_consumer *consumer) { tickring_detach(&consumer->region); }

const char *tickring_error_text(int error) {
  switch (error) {
    case TICKRING_OK: return "no error";
    case TICKRING_E_ARGUMENT:
      return "the name, kind, capacity or NUMA node is not valid: a name has no slash and no dot "
             "in front, a capacity is a power of two up to 2^30, a node is one of this machine";
    case TICKRING_E_EXISTS:
      return "a region of that name exists: another instance runs, or remove the leftover";
    case TICKRING_E_ABSENT: return "no such region or directory: check the name, start its maker";
    case TICKRING_E_PERMISSION:
      return "permission denied: choose a directory that this user may write";
    case TICKRING_E_FULL:
      return "no space left for the region: free some of the file system (for /dev/shm, raise its "
             "size) or choose a smaller capacity";
    case TICKRING_E_SYSTEM: return "the kernel refused: see errno";
    case TICKRING_E_NOT_A_REGION: return "the file is not a Tickway region";
    case TICKRING_E_VERSION: return "the region is of another version: use one build everywhere";
    case TICKRING_E_KIND: return "the region is of another kind than asked for";
    case TICKRING_E_LAYOUT: return "the region's layout is not this build's: use one build";
    case TICKRING_E_SIZE: return "the file's size is not what its header says: it is damaged";
    case TICKRING_E_OWNER:
      return "the region belongs to another user, or others may write it: not to be trusted";
    case TICKRING_E_ROLE_TAKEN: return "the role is taken by a living process";
    default: return "unknown error";
  }
}
