/* clinux_process.h: another process, looked at and cut off from outside. Private to this package.
 * Functions return 0 or -errno unless they say otherwise. None is for the hot path. */
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdint.h>

typedef struct {
  uint64_t start_ticks; /* since boot, in clock ticks: with the pid it names one process for ever */
  uint32_t uid;         /* whose it is */
  char state;           /* as proc(5) says it: R S D T t Z X and so on */
} clinux_process_state;

/* What /proc says of a process; -ESRCH if there is none. */
int clinux_process_look(int pid, clinux_process_state *state);

/* Whose rights this thread's file accesses have from here on (setfsuid); 0: root's own again. */
void clinux_files_as(uint32_t uid, uint32_t gid);

/* A descriptor of a process (pidfd_open): what is asked of it never meets another of that pid. */
int clinux_process_open(int pid);

/* 1 if all its threads have ended, 0 if not. */
int clinux_process_has_ended(int process);

/* Waits at most `timeout_ms` for its end: 1, or 0. */
int clinux_process_wait(int process, int timeout_ms);

/* Sends it a signal; 0 asks only whether that would be allowed. */
int clinux_process_signal(int process, int signal);

/* A copy of one of its descriptors (pidfd_getfd: the right to trace it is needed). */
int clinux_process_descriptor(int process, int descriptor);

/* Lets any process of this user do that to this one, where the kernel allows it to a parent only
 * (Yama). -EINVAL where there is no such rule to be relaxed. */
int clinux_process_allow_abort(void);

/* The inode of what a descriptor is of, or 0. */
uint64_t clinux_descriptor_inode(int descriptor);

/* The state of a TCP socket (7: closed, 10: listening), or -errno: -ENOTSOCK, or -EPROTOTYPE for
 * any other kind. */
int clinux_tcp_state(int descriptor);

enum { CLINUX_TCP_CLOSED = 7, CLINUX_TCP_LISTENING = 10 };

/* Bytes that the kernel has taken and the peer has not acknowledged; -errno. */
int clinux_tcp_unsent(int descriptor);

/* Resets the connection and discards what is queued, whoever else has the socket (connect to
 * AF_UNSPEC). 0 only once the kernel says that it is closed. */
int clinux_tcp_abort(int descriptor);

/* Whether closing, also by the death of its owner, resets the connection and discards what is
 * queued, instead of sending it. */
int clinux_tcp_close_hard(int descriptor, int hard);

/* SIGTERM for this process when the one that started it dies. 0, or -errno. */
int clinux_end_with_parent(void);

/* Keeps what is mapped, and what will be, from being paged out. 0, or -errno. */
int clinux_lock_memory(void);

/* SCHED_FIFO for this thread and those that it starts from now on. One that runs for longer than
 * `busy_us` without once waiting is ended by the kernel (RLIMIT_RTTIME); 0: it may. Returns 0, or
 * -errno. */
int clinux_realtime(int priority, long busy_us);

#endif
