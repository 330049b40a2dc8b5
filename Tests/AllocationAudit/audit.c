/* Counts, per thread, every call that allocates memory or counts a reference, so that a run can
 * prove that its hot path does neither. Loaded before everything else:
 *
 *   cc -O2 -shared -fPIC -o libtickwayaudit.so audit.c -ldl
 *   LD_PRELOAD=./libtickwayaudit.so tickway replay ...
 *
 * What is counted, each call once:
 * - malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc, memalign, valloc,
 *   pvalloc, and free of anything but NULL, from any library. Swift objects, boxes and buffers and
 *   C++ `new` come from these, so swift_allocObject is not counted a second time.
 * - swift_retain, swift_release, their _n, bridge-object and non-atomic forms, swift_tryRetain,
 *   swift_unowned* and swift_weak*, as called by the program and by every library but the Swift
 *   runtime itself. Immortal objects count.
 *
 * What is not seen: mmap and brk called directly; memory on the stack; reference counting that
 * the runtime does inside itself; reference counting of a program that carries the Swift runtime
 * in its own executable (-static-stdlib): `tickway_audit_sees` then lacks
 * TICKWAY_AUDIT_REFERENCES. Whoever audits must ask it: not seen is not zero.
 *
 * The runtime has hooks for profilers that would show its own counting as well, but once they are
 * on, swift_bridgeObjectRetain of a small string follows its characters as if they were a pointer
 * (Swift 6.3.1, x86-64): a program under them crashes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))
#define THREAD __thread __attribute__((tls_model("initial-exec")))

enum { TICKWAY_AUDIT_ALLOCATIONS = 1, TICKWAY_AUDIT_REFERENCES = 2 };

static THREAD uint64_t events;
static THREAD uint64_t traces_left;
static bool hooked;

/* Prints where an event came from; rare, and itself not counted. */
static __attribute__((noinline)) void print_trace(void) {
  void *frames[32];
  const uint64_t left = traces_left - 1, before = events;
  traces_left = 0; /* backtrace() may allocate */
  const int count = backtrace(frames, 32);
  static const char title[] = "tickway audit: an event at\n";
  if (write(2, title, sizeof title - 1) > 0) backtrace_symbols_fd(frames, count, 2);
  events = before;
  traces_left = left;
}

static inline void note(void) {
  events++;
  if (__builtin_expect(traces_left != 0, 0)) print_trace();
}

/* This thread's events so far. */
PUBLIC uint64_t tickway_audit_count(void) { return events; }

/* A set of the TICKWAY_AUDIT_ bits: what can be counted in this process at all. */
PUBLIC uint64_t tickway_audit_sees(void) {
  return TICKWAY_AUDIT_ALLOCATIONS | (hooked ? TICKWAY_AUDIT_REFERENCES : 0);
}

/* The next `count` events of this thread print their call stack to standard error. */
PUBLIC void tickway_audit_trace(uint64_t count) { traces_left = count; }

/* ---- The C library ------------------------------------------------------------------------ */

static struct {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void (*free)(void *);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  void *(*memalign)(size_t, size_t);
  void *(*valloc)(size_t);
  void *(*pvalloc)(size_t);
} next;

/* dlsym may allocate while it looks for malloc: such memory comes from here and is never freed.
 * The program has one thread then. */
static char arena[16384] __attribute__((aligned(16)));
static size_t arena_used;
static bool resolving;

static void *from_arena(size_t size) {
  const size_t taken = (size + 15) & ~(size_t)15;
  if (taken < size || taken > sizeof arena - arena_used) return NULL;
  void *result = arena + arena_used;
  arena_used += taken;
  return result;
}

static bool in_arena(const void *pointer) {
  return (uintptr_t)pointer - (uintptr_t)arena < sizeof arena;
}

/* Stores the address of the next library's `name` in the function pointer at `slot`. */
static void find(const char *name, void *slot) {
  void *address = dlsym(RTLD_NEXT, name);
  memcpy(slot, &address, sizeof address);
}

static void resolve(void) {
  resolving = true;
  find("calloc", &next.calloc);
  find("realloc", &next.realloc);
  find("free", &next.free);
  find("posix_memalign", &next.posix_memalign);
  find("aligned_alloc", &next.aligned_alloc);
  find("memalign", &next.memalign);
  find("valloc", &next.valloc);
  find("pvalloc", &next.pvalloc);
  find("malloc", &next.malloc); /* the last: too_early looks at it */
  resolving = false;
  if (!next.malloc || !next.calloc || !next.realloc || !next.free) abort();
}

/* Whether the call has to be served from the arena. */
static inline bool too_early(void) {
  if (__builtin_expect(next.malloc != NULL, 1)) return false;
  if (!resolving) resolve();
  return next.malloc == NULL;
}

PUBLIC void *malloc(size_t size) {
  note();
  return too_early() ? from_arena(size) : next.malloc(size);
}

PUBLIC void *calloc(size_t count, size_t size) {
  note();
  if (!too_early()) return next.calloc(count, size);
  return size && count > SIZE_MAX / size ? NULL : from_arena(count * size); /* zero as it is */
}

PUBLIC void *realloc(void *old, size_t size) {
  note();
  const bool early = too_early();
  if (!early && !in_arena(old)) return next.realloc(old, size);
  void *result = early ? from_arena(size) : next.malloc(size);
  if (result && old) {
    const size_t rest = (size_t)(arena + sizeof arena - (char *)old);
    memmove(result, old, size < rest ? size : rest);
  }
  return result;
}

PUBLIC void *reallocarray(void *old, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(old, count * size);
}

PUBLIC void free(void *pointer) {
  if (!pointer) return;
  note();
  if (!too_early() && !in_arena(pointer)) next.free(pointer);
}

PUBLIC int posix_memalign(void **result, size_t alignment, size_t size) {
  note();
  return too_early() ? ENOMEM : next.posix_memalign(result, alignment, size);
}

PUBLIC void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return too_early() ? NULL : next.aligned_alloc(alignment, size);
}

PUBLIC void *memalign(size_t alignment, size_t size) {
  note();
  return too_early() ? NULL : next.memalign(alignment, size);
}

PUBLIC void *valloc(size_t size) {
  note();
  return too_early() ? NULL : next.valloc(size);
}

PUBLIC void *pvalloc(size_t size) {
  note();
  return too_early() ? NULL : next.pvalloc(size);
}

/* ---- The Swift runtime --------------------------------------------------------------------- */

/* All take at most two words and return at most one, so one shape forwards them all. */
#define COUNTED(X) \
  X(swift_retain) X(swift_release) X(swift_retain_n) X(swift_release_n) X(swift_tryRetain) \
  X(swift_bridgeObjectRetain) X(swift_bridgeObjectRelease) \
  X(swift_bridgeObjectRetain_n) X(swift_bridgeObjectRelease_n) \
  X(swift_nonatomic_retain) X(swift_nonatomic_release) X(swift_nonatomic_retain_n) \
  X(swift_nonatomic_release_n) X(swift_nonatomic_bridgeObjectRetain) \
  X(swift_nonatomic_bridgeObjectRelease) X(swift_nonatomic_bridgeObjectRetain_n) \
  X(swift_nonatomic_bridgeObjectRelease_n) \
  X(swift_unownedRetain) X(swift_unownedRelease) X(swift_unownedRetain_n) \
  X(swift_unownedRelease_n) X(swift_unownedRetainStrong) X(swift_unownedRetainStrongAndRelease) \
  X(swift_nonatomic_unownedRetain) X(swift_nonatomic_unownedRelease) \
  X(swift_weakInit) X(swift_weakAssign) X(swift_weakLoadStrong) X(swift_weakTakeStrong) \
  X(swift_weakDestroy) X(swift_weakCopyInit) X(swift_weakTakeInit) X(swift_weakCopyAssign) \
  X(swift_weakTakeAssign)

/* Where the compiler may expect retain and release to leave its registers alone, they do: what is
 * called on is an ordinary function, so every register is saved around it. */
#if defined(__has_attribute)
#if __has_attribute(preserve_most)
#define KEEPING_REGISTERS __attribute__((preserve_most))
#endif
#endif
#ifndef KEEPING_REGISTERS
#define KEEPING_REGISTERS
#endif

/* Looked up at the first call: constructors of other libraries may run before ours. */
#define DEFINE(name) \
  static void *(*next_##name)(void *, void *); \
  PUBLIC KEEPING_REGISTERS void *name(void *a, void *b); \
  PUBLIC KEEPING_REGISTERS void *name(void *a, void *b) { \
    note(); \
    if (__builtin_expect(!next_##name, 0)) find(#name, &next_##name); \
    return next_##name(a, b); \
  }
COUNTED(DEFINE)

#define LOOK_UP(name) find(#name, &next_##name);

static __attribute__((constructor)) void begin(void) {
  if (!next.malloc) resolve();
  COUNTED(LOOK_UP)
  /* The runtime as a library: then every call into it passes through here. */
  hooked = next_swift_retain != NULL && next_swift_release != NULL;
}
