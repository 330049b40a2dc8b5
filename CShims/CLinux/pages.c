#define _GNU_SOURCE /* madvise */
#include "clinux_pages.h"

#include <stddef.h>
#include <sys/mman.h>

void *clinux_map_huge(uint64_t bytes, uint64_t page_bytes) {
  /* Without rights at first: what is locked is touched as soon as it may be written, and has to
   * know of its pages before. */
  void *memory = mmap(NULL, bytes + page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  unsigned char *begin = (unsigned char *)memory;
  uint64_t before = (page_bytes - (uint64_t)(uintptr_t)begin % page_bytes) % page_bytes;
  if (before != 0) munmap(begin, before);
  munmap(begin + before + bytes, page_bytes - before);
  begin += before;
  (void)madvise(begin, bytes, MADV_HUGEPAGE); /* refused, it has small ones */
  if (mprotect(begin, bytes, PROT_READ | PROT_WRITE) == 0) return begin;
  munmap(begin, bytes);
  return NULL;
}

void clinux_touch(void *base, uint64_t bytes) {
#ifdef MADV_POPULATE_WRITE
  (void)madvise(base, bytes, MADV_POPULATE_WRITE);
#endif
}
