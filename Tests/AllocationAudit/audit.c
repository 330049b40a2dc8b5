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
 * - swift_retain, swift_release, their _n forms and swift_tryRetain, through the hooks that the
 *   Swift runtime keeps for profilers. So calls inside the runtime and those made by
 *   swift_bridgeObjectRetain or swift_unknownObjectRetain count as well. Immortal objects count.
 * - swift_unowned*, swift_weak* and swift_nonatomic_* as called by the program and its libraries.
 *
 * What is not seen: mmap and brk called directly; memory on the stack; unowned, weak and
 * non-atomic counting that the runtime does inside itself; reference counting of a program that
 * carries the Swift runtime in its own executable (-static-stdlib): `tickway_audit_sees` then
 * lacks TICKWAY_AUDIT_REFERENCES. Whoever audits must ask it: not seen is not zero. */
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

/* ---- The Swift runtime: strong references, by its own hooks ------------------------------- */

typedef void *(*strong_fn)(void *);
typedef void *(*strong_n_fn)(void *, uint32_t);

static strong_fn next_retain, next_release, next_try_retain;
static strong_n_fn next_retain_n, next_release_n;

static void *count_retain(void *object) { return note(), next_retain(object); }
static void *count_release(void *object) { return note(), next_release(object); }
static void *count_try_retain(void *object) { return note(), next_try_retain(object); }
static void *count_retain_n(void *object, uint32_t n) { return note(), next_retain_n(object, n); }
static void *count_release_n(void *object, uint32_t n) { return note(), next_release_n(object, n); }

/* The hook variable `name` now leads to `counter`, and what it held is in `*old`. */
static bool hook(const char *name, void *counter, void *old) {
  void **variable = dlsym(RTLD_DEFAULT, name);
  if (!variable || !*variable) return false;
  memcpy(old, variable, sizeof *variable);
  *variable = counter;
  return true;
}

static bool hook_references(void) {
  bool *enabled = dlsym(
      RTLD_DEFAULT, "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly");
  if (!enabled) return false;
  const bool all = hook("_swift_retain", (void *)count_retain, &next_retain)
      && hook("_swift_release", (void *)count_release, &next_release)
      && hook("_swift_tryRetain", (void *)count_try_retain, &next_try_retain)
      && hook("_swift_retain_n", (void *)count_retain_n, &next_retain_n)
      && hook("_swift_release_n", (void *)count_release_n, &next_release_n);
  if (all) *enabled = true;
  return all;
}

/* ---- The Swift runtime: the rest, as the program calls it --------------------------------- */

/* All take at most two words and return at most one, so one shape forwards them all. */
#define OTHERS(X) \
  X(swift_unownedRetain) X(swift_unownedRelease) X(swift_unownedRetain_n) \
  X(swift_unownedRelease_n) X(swift_unownedRetainStrong) X(swift_unownedRetainStrongAndRelease) \
  X(swift_weakInit) X(swift_weakAssign) X(swift_weakLoadStrong) X(swift_weakTakeStrong) \
  X(swift_weakDestroy) X(swift_weakCopyInit) X(swift_weakTakeInit) X(swift_weakCopyAssign) \
  X(swift_weakTakeAssign) \
  X(swift_nonatomic_retain) X(swift_nonatomic_release) X(swift_nonatomic_retain_n) \
  X(swift_nonatomic_release_n) X(swift_nonatomic_unownedRetain) \
  X(swift_nonatomic_unownedRelease) X(swift_nonatomic_bridgeObjectRetain) \
  X(swift_nonatomic_bridgeObjectRelease)

#define DEFINE(name) \
  static void *(*next_##name)(void *, void *); \
  PUBLIC void *name(void *a, void *b); \
  PUBLIC void *name(void *a, void *b) { return note(), next_##name(a, b); }
OTHERS(DEFINE)

#define LOOK_UP(name) find(#name, &next_##name);

static __attribute__((constructor)) void begin(void) {
  if (!next.malloc) resolve();
  OTHERS(LOOK_UP)
  hooked = hook_references();
}
