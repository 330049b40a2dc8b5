#define _GNU_SOURCE /* syscall */
#include "clinux_numa.h"

#include <errno.h>
#include <numa.h>
#include <numaif.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  WORD_BITS = 8 * sizeof(unsigned long),
  WORDS = CLINUX_NODES_MAX / WORD_BITS,
  PAGES_AT_ONCE = 512,
};

/* The kernel counts one bit fewer than it is told. */
static const unsigned long mask_bits = CLINUX_NODES_MAX + 1;

static int mask_of(int node, unsigned long *mask) {
  if (node < 0 || node >= CLINUX_NODES_MAX) return -EINVAL;
  memset(mask, 0, WORDS * sizeof *mask);
  mask[node / WORD_BITS] = 1ul << node % WORD_BITS;
  return 0;
}

int clinux_prefer_node(int node, int is_strict) {
  unsigned long mask[WORDS];
  int error = mask_of(node, mask);
  if (error) return error;
  int mode = is_strict ? MPOL_BIND : MPOL_PREFERRED;
  return syscall(SYS_set_mempolicy, mode, mask, mask_bits) == 0 ? 0 : -errno;
}

int clinux_bound_node(void) {
  unsigned long mask[WORDS] = {0};
  int mode = 0, found = -ENOENT;
  if (syscall(SYS_get_mempolicy, &mode, mask, mask_bits, NULL, 0) != 0) return -errno;
  if (mode != MPOL_BIND) return -ENOENT;
  for (int node = 0; node < CLINUX_NODES_MAX; node++) {
    if ((mask[node / WORD_BITS] >> node % WORD_BITS & 1) == 0) continue;
    if (found >= 0) return -ENOENT;
    found = node;
  }
  return found;
}

int clinux_bring_memory(int node) {
  unsigned long from[WORDS] = {0}, to[WORDS];
  int error = mask_of(node, to);
  if (error) return error;
  if (numa_available() < 0) return -ENOSYS;
  /* A node that the kernel was not built for may not be named. */
  for (int other = 0; other <= numa_max_node() && other < CLINUX_NODES_MAX; other++)
    if (other != node) from[other / WORD_BITS] |= 1ul << other % WORD_BITS;
  long left = syscall(SYS_migrate_pages, 0, mask_bits, from, to);
  return left >= 0 ? (int)left : -errno;
}

static void count(const int *nodes, size_t pages, int node, clinux_placement *placement) {
  placement->pages += pages;
  for (size_t index = 0; index < pages; index++) {
    if (nodes[index] == node) {
      placement->on_node++;
    } else if (nodes[index] >= 0) {
      placement->elsewhere++;
      placement->other = nodes[index];
    } else {
      placement->untouched++;
    }
  }
}

int clinux_place_of(const void *base, uint64_t bytes, int node, clinux_placement *placement) {
  const void *pages[PAGES_AT_ONCE];
  int nodes[PAGES_AT_ONCE];
  const uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t at = (uintptr_t)base & ~(page_bytes - 1);
  const uintptr_t end = (uintptr_t)base + bytes;
  *placement = (clinux_placement){.other = -1};
  while (at < end) {
    size_t asked = 0;
    for (; asked < PAGES_AT_ONCE && at < end; at += page_bytes) pages[asked++] = (const void *)at;
    if (syscall(SYS_move_pages, 0, asked, pages, NULL, nodes, 0) < 0) return -errno;
    count(nodes, asked, node, placement);
  }
  return 0;
}
