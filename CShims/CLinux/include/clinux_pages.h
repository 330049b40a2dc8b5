/* clinux_pages.h: memory of a process's own in huge pages, and when its pages come. Private to this
 * package. None is for the hot path. */
#ifndef CLINUX_PAGES_H
#define CLINUX_PAGES_H

#include <stdint.h>

/* Memory for `bytes`, all zeros and untouched, that begins where a huge page of `page_bytes` does
 * and is made of such as far as the kernel has some; NULL: none. Where the process's memory is
 * locked it is touched here. `bytes` is a multiple of `page_bytes`. To be given back by munmap. */
void *clinux_map_huge(uint64_t bytes, uint64_t page_bytes);

/* Has the pages of a range come that have not yet, whatever others read and write there meanwhile:
 * nothing that it holds changes. Where the kernel cannot (before 5.14), or has none, they come at
 * their first use. */
void clinux_touch(void *base, uint64_t bytes);

#endif
