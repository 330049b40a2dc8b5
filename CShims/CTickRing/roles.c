/* roles.c: claiming a role, and resuming where its last owner stopped. Cold. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* open file description locks */
#endif
#include "internal.h"
#include "tickring_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define LOCK_OFFSET ((off_t)1 << 46)

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
  /* As a process asks, not as a description, which would not be told of its own. */
  return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void tickring_internal_give_back(int fd, uint32_t roles) {
  for (int role = TICKRING_PRODUCER; role <= TICKRING_CONSUMER; role++)
    if ((roles & UINT32_C(1) << role) != 0)
      (void)tickring_internal_lock(fd, (enum tickring_lock)role, F_UNLCK);
}

/* After a fork the descriptor is the parent's too, and so would be a lock of it: parent and child
 * would both hold the role. */
static int own_descriptor(tickring_region *region) {
  char path[64];
  if (region->pid == (int32_t)getpid()) return TICKRING_OK;
  snprintf(path, sizeof path, "/proc/self/fd/%d", region->fd);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return tickring_internal_errno();
  if (tickring_internal_lock(fd, TICKRING_LOCK_ATTACHED, F_RDLCK) != 0) {
    int error = tickring_internal_errno();
    close(fd);
    return error;
  }
  close(region->fd);
  region->fd = fd;
  region->pid = (int32_t)getpid();
  region->roles = 0;
  return TICKRING_OK;
}

/* A lock does not exclude others of the same description, which duplicates may share: so looking
 * and locking are one step of a process. Its pid says who is within, so that a forked child does
 * not wait for a thread that it does not have. */
static int lock_role(const tickring_region *region, enum tickring_role role) {
  static uint64_t claiming = 0;
  const uint64_t own = (uint64_t)getpid();
  for (;;) {
    uint64_t seen = tickring_load_relaxed(&claiming);
    if (seen != own && tickring_compare_exchange(&claiming, seen, own) == seen) break;
    sched_yield();
  }
  int error = TICKRING_OK;
  if (tickring_role_is_held(region, role))
    error = TICKRING_E_ROLE_TAKEN;
  else if (tickring_internal_lock(region->fd, (enum tickring_lock)role, F_WRLCK) != 0)
    error = errno == EAGAIN || errno == EACCES ? TICKRING_E_ROLE_TAKEN : tickring_internal_errno();
  tickring_store_release(&claiming, 0); /* SHARE */
  return error;
}

int tickring_claim_role(tickring_region *region, enum tickring_role role, uint64_t *owner_pid) {
  if (region->is_read_only) return TICKRING_E_PERMISSION;
  int error = own_descriptor(region);
  if (error) return error;
  tickring_header *header = region->header;
  uint64_t *pid = role == TICKRING_PRODUCER ? &header->producer_pid : &header->consumer_pid;
  uint64_t *generation =
      role == TICKRING_PRODUCER ? &header->producer_generation : &header->consumer_generation;
  uint64_t *heartbeat =
      role == TICKRING_PRODUCER ? &header->producer_heartbeat_ns : &header->consumer_heartbeat_ns;
  error = lock_role(region, role);
  if (error == TICKRING_E_ROLE_TAKEN && owner_pid != NULL) *owner_pid = tickring_load_relaxed(pid);
  if (error) return error;
  region->roles |= UINT32_C(1) << role;
  tickring_store_relaxed(heartbeat, 0); /* the last owner's beats are not this one's */
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
  tickring_internal_clear(region);
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
  consumer->found_end = consumer->next;
  consumer->header = region->header;
  consumer->region = *region;
  tickring_internal_clear(region);
  return TICKRING_OK;
}

void tickring_producer_close(tickring_producer *producer) { tickring_detach(&producer->region); }
void tickring_consumer_close(tickring_consumer *consumer) { tickring_detach(&consumer->region); }
