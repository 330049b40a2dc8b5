/* clinux_numa.h: which NUMA node this process's memory comes from, and where it lies. Private to
 * this package. Functions return 0 or -errno unless they say otherwise; -ENOSYS where the kernel
 * has no NUMA, -EPERM where a sandbox forbids to ask. None is for the hot path. */
#ifndef CLINUX_NUMA_H
#define CLINUX_NUMA_H

#include <stdint.h>

enum { CLINUX_NODES_MAX = 1024 };

/* From where the calling thread, and those that it starts from here on, take new pages: `node`
 * alone if `is_strict` (the kernel ends a process that asks it for more than it has), else from
 * there as long as there is some. A range that was bound by itself (mbind) keeps its own policy. */
int clinux_prefer_node(int node, int is_strict);

/* The node that the calling thread's new pages come from and nowhere else; -ENOENT if none is
 * prescribed so. */
int clinux_bound_node(void);

/* Moves what the process has already to `node`, as far as no other process shares it: how many
 * pages stayed elsewhere, or -errno. */
int clinux_bring_memory(int node);

typedef struct {
  uint64_t pages;     /* of the range, whole or in part */
  uint64_t on_node;   /* where they should be */
  uint64_t elsewhere; /* on other nodes */
  uint64_t untouched; /* nowhere yet: their first touch decides */
  int other;          /* one of the other nodes; -1: none */
} clinux_placement;

/* Asks the kernel where each page of a range of this process lies (move_pages). */
int clinux_place_of(const void *base, uint64_t bytes, int node, clinux_placement *placement);

#endif
