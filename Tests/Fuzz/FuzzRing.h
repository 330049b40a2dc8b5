/* FuzzRing.h: the ring library against a region that lies. */
#ifndef FUZZ_RING_H
#define FUZZ_RING_H

#include "tickring.h"

/* A change to a region's file: `width` bytes (1 to 8) of `value` at `offset`, modulo its size. */
typedef struct fuzz_change {
  uint64_t offset;
  uint64_t value;
  uint8_t width;
  uint8_t when; /* 0: before it is attached; 1 and 2: by a peer, while it is used */
} fuzz_change;

#define FUZZ_CHANGES_MAX 64

typedef struct fuzz_case {
  uint32_t kind;       /* the region's */
  uint32_t kind_asked; /* and the one that is attached */
  uint64_t capacity;
  uint64_t bytes;      /* the file's size; 0: as it should be; at most FUZZ_BYTES_MAX, or a lot */
  uint32_t count;
  fuzz_change changes[FUZZ_CHANGES_MAX];
} fuzz_case;

#define FUZZ_BYTES_MAX (UINT64_C(1) << 20)

/* Makes the region, changes it, attaches it and, if it was accepted, calls all that there is to
 * call. Aborts when something is not as promised; the sanitizers see the rest. The error of the
 * attach. */
int fuzz_ring(const fuzz_case *one);

/* The same for any bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
