/* place.c: where a region's memory lies. Cold: runs at creation and attach only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MADV_POPULATE_WRITE */
#endif
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Binds the file's memory to a node. Before the first touch: pages do not move afterwards. */
int tickring_internal_bind(const tickring_region *region, int32_t node_plus_1) {
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
int tickring_internal_populate(const tickring_region *region) {
#ifdef MADV_POPULATE_WRITE
  int touch = region->is_read_only ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
  if (madvise(region->header, region->bytes, touch) == 0) return TICKRING_OK;
  /* A page that cannot be had now would be a SIGBUS later. */
  if (errno == EFAULT || errno == ENOMEM) return TICKRING_E_FULL;
  /* Anything else: a kernel before 5.14. Pages fault in at their first use, as they always did. */
#endif
  return TICKRING_OK;
}
