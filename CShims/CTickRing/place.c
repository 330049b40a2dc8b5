/* place.c: where a region's memory lies: its NUMA node and the size of its pages. What was asked
 * for is verified page by page, and what was not granted is an error. Cold: runs at creation and
 * attach only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MADV_POPULATE_WRITE, getline */
#endif
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

#define NODES_MAX 1024u
#define TMPFS_FILES 0x01021994 /* f_type, of linux/magic.h */
#define HUGETLB_FILES 0x958458F6
#define PAGES_AT_ONCE 512u

/* A kernel without NUMA, or a sandbox that forbids to ask. */
static int node_error(void) {
  return errno == ENOSYS || errno == EPERM ? TICKRING_E_NO_NUMA : tickring_internal_errno();
}

/* The bytes that a line of kilobytes tells, if it names one of `what`; else 0. */
static uint64_t bytes_in(const char *line, const char *const what[]) {
  for (size_t index = 0; what[index] != NULL; index++) {
    const char *at = strstr(line, what[index]);
    if (at != NULL) return strtoull(at + strlen(what[index]), NULL, 10) * 1024;
  }
  return 0;
}

/* What a node can still give without swapping. A binding that goes beyond is not refused by the
 * kernel: it ends the process. Unknown is no reason to refuse. */
static bool has_memory(unsigned long node, uint64_t bytes) {
  static const char *const what[] = {" MemFree:", " Active(file):", " Inactive(file):", NULL};
  char path[64], line[128];
  uint64_t free_bytes = 0;
  snprintf(path, sizeof path, "/sys/devices/system/node/node%lu/meminfo", node);
  FILE *file = fopen(path, "re");
  if (file == NULL) return true;
  while (fgets(line, sizeof line, file) != NULL) free_bytes += bytes_in(line, what);
  fclose(file);
  return bytes <= free_bytes;
}

int tickring_internal_bind(const tickring_region *region, int32_t node_plus_1) {
  unsigned long nodes[NODES_MAX / (8 * sizeof(unsigned long))] = {0};
  const unsigned long word_bits = sizeof nodes[0] * 8;
  if (node_plus_1 == 0) return TICKRING_OK;
  if (node_plus_1 < 0) return TICKRING_E_ARGUMENT;
  unsigned long node = (unsigned long)node_plus_1 - 1;
  if (node >= NODES_MAX) return TICKRING_E_NODE_ABSENT;
  nodes[node / word_bits] = 1ul << node % word_bits;
  const int bind = 2; /* MPOL_BIND: the node or an error, never silently another */
  const unsigned long bits = NODES_MAX + 1; /* the kernel counts one fewer */
  if (syscall(SYS_mbind, region->header, region->bytes, bind, nodes, bits, 0) != 0)
    return errno == EINVAL ? TICKRING_E_NODE_ABSENT : node_error();
  return has_memory(node, region->bytes) ? TICKRING_OK : TICKRING_E_NODE_MEMORY;
}

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

static bool is_on(int fd, uint32_t type) {
  struct statfs system;
  return fstatfs(fd, &system) == 0 && (uint32_t)system.f_type == type;
}

int tickring_internal_map_ahead(const tickring_region *region) {
#ifdef MADV_POPULATE_READ
  /* Pages that there are come sixteen at a time to one that reads, one by one to one that writes:
   * in half the time. Those of tmpfs may then be written as well, and to ask for it page by page
   * takes half as long again. Refused, it is the next call that says so. */
  if (!region->is_read_only &&
      madvise(region->header, region->bytes, MADV_POPULATE_READ) == 0 &&
      is_on(region->fd, TMPFS_FILES))
    return TICKRING_OK;
#endif
  return tickring_internal_populate(region);
}

uint64_t tickring_internal_hugetlb_page(int fd) {
  struct stat file;
  return is_on(fd, HUGETLB_FILES) && fstat(fd, &file) == 0 ? (uint64_t)file.st_blksize : 0;
}

uint64_t tickring_internal_tmpfs_page(int fd) {
  if (!is_on(fd, TMPFS_FILES)) return 0;
  FILE *size = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
  unsigned long long bytes = 0;
  if (size == NULL) return 0;
  if (fscanf(size, "%llu", &bytes) != 1) bytes = 0;
  fclose(size);
  return bytes;
}

/* Asks for huge pages before the first touch, then collapses what came in small ones all the same.
 * Whether it worked is asked afterwards: neither call's answer is a promise. */
int tickring_internal_populate_huge(const tickring_region *region) {
  (void)madvise(region->header, region->bytes, MADV_HUGEPAGE);
  int error = tickring_internal_populate(region);
  if (!error) (void)madvise(region->header, region->bytes, MADV_COLLAPSE);
  return error;
}

/* Bytes of the region that this process has mapped by huge pages. */
static uint64_t huge_bytes_of(const tickring_region *region) {
  static const char *const what[] = {"ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:",
                                     "Private_Hugetlb:", NULL};
  uint64_t from = (uint64_t)(uintptr_t)region->header, total = 0;
  unsigned long long begin = 0, end = 0;
  bool is_inside = false;
  char *line = NULL;
  size_t room = 0;
  FILE *file = fopen("/proc/self/smaps", "re");
  if (file == NULL) return 0;
  while (getline(&line, &room, file) >= 0) {
    if (sscanf(line, "%llx-%llx ", &begin, &end) == 2)
      is_inside = begin < from + region->bytes && end > from;
    else if (is_inside)
      total += bytes_in(line, what);
  }
  free(line);
  fclose(file);
  return total;
}

/* Asks the kernel where each page lies. A page of which it knows nothing lies nowhere. */
static int check_node(const tickring_region *region, int node) {
  void *pages[PAGES_AT_ONCE];
  int nodes[PAGES_AT_ONCE];
  const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char *base = (unsigned char *)region->header;
  size_t total = region->bytes / page_bytes;
  for (size_t first = 0; first < total; first += PAGES_AT_ONCE) {
    size_t count = total - first < PAGES_AT_ONCE ? total - first : PAGES_AT_ONCE;
    for (size_t index = 0; index < count; index++) {
      unsigned char *page = base + (first + index) * page_bytes;
      (void)*(volatile unsigned char *)page; /* there, for kernels that could not populate */
      pages[index] = page;
      nodes[index] = -1;
    }
    if (syscall(SYS_move_pages, 0, (unsigned long)count, pages, NULL, nodes, 0) < 0)
      return node_error();
    for (size_t index = 0; index < count; index++)
      if (nodes[index] != node) return TICKRING_E_NODE_MEMORY;
  }
  return TICKRING_OK;
}

int tickring_internal_check_place(const tickring_region *region, int32_t node_plus_1,
                                  bool is_huge) {
  if (is_huge && huge_bytes_of(region) < region->bytes) return TICKRING_E_HUGE_PAGES;
  return node_plus_1 <= 0 ? TICKRING_OK : check_node(region, node_plus_1 - 1);
}

int tickring_check_place(const tickring_region *region) {
  const tickring_header *header = region->header;
  return tickring_internal_check_place(region, (int32_t)header->node_plus_1,
                                       header->page_bytes != 0);
}
