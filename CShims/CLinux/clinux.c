#define _GNU_SOURCE /* affinity, thread names */
#include "clinux.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clinux_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
uint64_t clinux_realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }

int clinux_allowed_cores(int *cores, int max) {
  cpu_set_t set;
  int count = 0;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  for (int core = 0; core < CPU_SETSIZE && count < max; core++)
    if (CPU_ISSET(core, &set)) cores[count++] = core;
  return count;
}

int clinux_pin(int core) {
  cpu_set_t set;
  if (core < 0 || core >= CPU_SETSIZE) return -EINVAL;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}

void clinux_name_thread(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

void clinux_sleep_until(uint64_t deadline_ns) {
  struct timespec until = {.tv_sec = (time_t)(deadline_ns / 1000000000u),
                           .tv_nsec = (long)(deadline_ns % 1000000000u)};
  (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

void clinux_wake_in_time(void) { (void)prctl(PR_SET_TIMERSLACK, 1ul, 0, 0, 0); }

static void stop_signals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGINT);
  sigaddset(set, SIGTERM);
}

int clinux_block_stop_signals(void) {
  sigset_t set;
  stop_signals(&set);
  return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int clinux_wait_stop_signal(int timeout_ms) {
  sigset_t set;
  stop_signals(&set);
  struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                             .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
  int signal = sigtimedwait(&set, NULL, &timeout);
  return signal > 0 ? signal : 0;
}

/* What a full buffer could not write is dropped: only the mark on the stream says so then. */
bool clinux_flush_output(void) { return fflush(stdout) == 0 && ferror(stdout) == 0; }
