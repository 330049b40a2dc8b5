/* clinux.h: what Swift's importer cannot see of Linux: cores, the clock as one number.
 * Private to this package. Functions return 0 or -errno unless they say otherwise. */
#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_MONOTONIC, ns. About 20 ns, no system call. Any thread. */
/* What the linker made this program's build known by; 0: nothing. */
uint64_t clinux_build_id(void);

uint64_t clinux_monotonic_ns(void);

/* CLOCK_REALTIME, ns since the Unix epoch. */
uint64_t clinux_realtime_ns(void);

/* The cores that this process may use, ascending, into `cores`; returns how many (at most max). */
int clinux_allowed_cores(int *cores, int max);

/* Pins the calling thread to one core. */
int clinux_pin(int core);

/* Names the calling thread (15 characters). */
void clinux_name_thread(const char *name);

/* Sleeps until CLOCK_MONOTONIC reads `deadline_ns`, or a signal comes. */
void clinux_sleep_until(uint64_t deadline_ns);

/* From now on the calling thread's sleeps end when they are due, and not up to 50 µs later, as they
 * may by default so that the kernel can wake several at once. */
void clinux_wake_in_time(void);

/* Tells the core that this is a waiting loop. */
static inline void clinux_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* Blocks SIGINT and SIGTERM for this thread and those it starts. */
int clinux_block_stop_signals(void);

/* Waits at most `timeout_ms` for SIGINT or SIGTERM; returns the signal or 0. */
int clinux_wait_stop_signal(int timeout_ms);

/* Whether all that was printed to standard output is the kernel's. */
bool clinux_flush_output(void);

#endif
