/* guard.c: SIGBUS from a truncated region becomes a mark that says so.
 *
 * The handler reads a table of fixed size whose entries are words, so that it needs no lock: an
 * entry's base is stored last when it is taken and cleared first when it is given back. Those who
 * take entries exclude each other by a mutex that the handler never touches; nor does whoever gives
 * one back, since a detach is for a forked child too, in which nobody may be left to unlock it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#endif
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

typedef struct guarded {
  uint64_t base; /* address; 0: free */
  uint64_t bytes;
  uint64_t is_lost;
} guarded;

static guarded table[TICKRING_GUARDED_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;
static bool is_installed = false;

static guarded *entry_of(uint64_t address) {
  for (size_t index = 0; index < TICKRING_GUARDED_MAX; index++) {
    uint64_t base = tickring_load_acquire(&table[index].base); /* SHARE */
    if (base != 0 && address >= base && address - base < table[index].bytes) return &table[index];
  }
  return NULL;
}

/* What is guarded twice is lost for both. First the one that was found: whoever takes an entry
 * meanwhile sees that, or is seen here. */
static void mark_lost(guarded *entry, uint64_t base) {
  tickring_store_release(&entry->is_lost, 1); /* SHARE */
  tickring_fence_full();
  for (size_t index = 0; index < TICKRING_GUARDED_MAX; index++)
    if (tickring_load_acquire(&table[index].base) == base) /* SHARE */
      tickring_store_release(&table[index].is_lost, 1); /* SHARE */
}

/* Zeros of our own take the place of what is gone, and the access is done again. */
static bool replace(guarded *entry) {
  uint64_t base = entry->base;
  void *memory = (void *)(uintptr_t)base;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  if (mmap(memory, entry->bytes, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return false;
  mark_lost(entry, base);
  return true;
}

/* As if there were no handler. A fault comes again, as the access does, and ends the process; a
 * signal that somebody sent does not. */
static void end_by_default(int signal_number, bool is_fault) {
  if (!is_fault && previous.sa_handler == SIG_IGN) return;
  signal(signal_number, SIG_DFL);
  if (!is_fault) raise(signal_number);
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
  int first = errno;
  bool is_fault = info->si_code > 0; /* only then is there an address */
  guarded *entry = is_fault ? entry_of((uint64_t)(uintptr_t)info->si_addr) : NULL;
  bool is_ours = entry != NULL && replace(entry);
  errno = first;
  if (is_ours) return;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal_number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal_number);
  } else {
    end_by_default(signal_number, is_fault);
  }
}

int tickring_guard_install(void) {
  struct sigaction action = {0};
  int error = TICKRING_OK;
  pthread_mutex_lock(&table_lock);
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  if (!is_installed && sigaction(SIGBUS, NULL, &previous) == 0)
    is_installed = sigaction(SIGBUS, &action, NULL) == 0;
  if (!is_installed) error = TICKRING_E_SYSTEM;
  pthread_mutex_unlock(&table_lock);
  return error;
}

static bool is_marked(uint64_t base) {
  for (size_t index = 0; index < TICKRING_GUARDED_MAX; index++)
    if (tickring_load_acquire(&table[index].base) == base && /* SHARE */
        tickring_load_acquire(&table[index].is_lost) != 0)   /* SHARE */
      return true;
  return false;
}

int tickring_guard(const tickring_region *region) {
  int error = TICKRING_E_FULL;
  uint64_t base = (uint64_t)(uintptr_t)region->header;
  if (region->header == NULL) return TICKRING_E_ARGUMENT;
  pthread_mutex_lock(&table_lock);
  for (size_t index = 0; index < TICKRING_GUARDED_MAX && error; index++) {
    if (table[index].base != 0) continue;
    table[index].bytes = region->bytes;
    tickring_store_relaxed(&table[index].is_lost, 0);
    tickring_store_release(&table[index].base, base); /* SHARE */
    tickring_fence_full();
    if (is_marked(base)) tickring_store_release(&table[index].is_lost, 1); /* SHARE */
    error = TICKRING_OK;
  }
  pthread_mutex_unlock(&table_lock);
  return error;
}

/* Gives back entries of the memory at `base`, `most` of them at most. */
static void give_back(uint64_t base, size_t most) {
  for (size_t index = 0; index < TICKRING_GUARDED_MAX && most > 0; index++)
    if (tickring_load_relaxed(&table[index].base) == base &&
        tickring_compare_exchange(&table[index].base, base, 0) == base) /* SHARE */
      most -= 1;
}

void tickring_unguard(const tickring_region *region) {
  if (region->header != NULL) give_back((uint64_t)(uintptr_t)region->header, 1);
}

void tickring_internal_unguard(const tickring_region *region) {
  give_back((uint64_t)(uintptr_t)region->header, TICKRING_GUARDED_MAX);
}

bool tickring_is_lost(const tickring_region *region) {
  const guarded *entry = entry_of((uint64_t)(uintptr_t)region->header);
  return entry != NULL && tickring_load_acquire(&entry->is_lost) != 0; /* SHARE */
}
