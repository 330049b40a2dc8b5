/* clinux_spawn.h: starting a program and hearing of it: its readiness, its output, its end; and the
 * signals that its starter hears. Private to this package. Functions return 0 or -errno unless they
 * say otherwise. None is for the hot path; one thread. */
#ifndef CLINUX_SPAWN_H
#define CLINUX_SPAWN_H

#include <stdint.h>

typedef struct {
  const char *path;        /* of the program */
  char *const *arguments;  /* as argv: the name first, NULL last */
  char *const *environment;
  int output;              /* becomes its standard output */
  int error;               /* becomes its standard error */
  int death_signal;        /* sent to it when the calling thread dies; 0: none */
  int is_hurried;          /* whether it begins less nice than its starter, if that is allowed:
                            * until clinux_process_calm */
} clinux_spawn_order;

/* Starts it in a process group of its own (a Ctrl-C goes to the starter alone), with every signal
 * at its default and unblocked, SIGPIPE ignored (the reader of its errors may die before it), no
 * input, and no other descriptor of the starter's. Returns its pid, and a pidfd in *process. An
 * error of execve is returned here. */
int clinux_spawn(const clinux_spawn_order *order, int *process);

/* Makes all threads of a process as nice as the caller. One that hurries gets nine tenths of a core
 * where others get the rest. */
int clinux_process_calm(int pid);

typedef struct {
  int code;   /* the exit code, or -1 */
  int signal; /* the signal that ended it, or 0 */
} clinux_process_end;

/* Takes a child's end, if it has ended: 1, or 0. -ECHILD: it is no child of this process. */
int clinux_process_reap(int process, clinux_process_end *end);

/* An anonymous file for a program's output. */
int clinux_output_make(const char *name);

/* The file or pipe that another process has as descriptor `number`, for reading; not blocking. */
int clinux_output_of(int pid, int number);

/* Both ends of a pipe, close-on-exec; the reading one does not block. */
int clinux_pipe(int *reader, int *writer);

/* A datagram socket for sd_notify(3): `address` (28 bytes suffice) becomes what NOTIFY_SOCKET is to
 * say; the kernel chooses it, so that nobody can have taken it. */
int clinux_notify_open(char *address, int size);

/* One notice, ended by 0, and the pid of its sender as the kernel knows it; returns its length, or
 * -EAGAIN. */
int clinux_notify_receive(int socket, char *text, int size, int *pid);

/* Blocks SIGINT, SIGTERM and SIGHUP for this thread and those it starts, and returns a descriptor
 * that they are read from. SIGPIPE is ignored from here on. */
int clinux_signals_open(void);

/* The next of them, or 0. */
int clinux_signals_next(int signals);

#endif
