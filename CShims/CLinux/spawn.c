#define _GNU_SOURCE /* vfork, close_range, memfd_create, struct ucred */
#include "clinux_spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Steps of niceness: ten times the weight. */
enum { HURRY = 10 };

/* The child of a vfork: it has its parent's memory until execve, and writes only *error there. */
__attribute__((noreturn, noinline)) static void become(
    const clinux_spawn_order *order, int none, int parent, volatile int *error) {
  struct sigaction usual = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
  sigset_t empty;
  for (int number = 1; number < NSIG; number++) (void)sigaction(number, &usual, NULL);
  (void)sigaction(SIGPIPE, &ignored, NULL);
  (void)setpgid(0, 0);
  if (dup2(none, 0) < 0 || dup2(order->output, 1) < 0 || dup2(order->error, 2) < 0) goto failed;
  (void)close_range(3, ~0U, 0);
  if (order->death_signal != 0) {
    if (prctl(PR_SET_PDEATHSIG, order->death_signal) != 0) goto failed;
    /* It may have died before that. */
    if (getppid() != parent) _exit(0);
  }
  /* Refused without a privilege (RLIMIT_NICE), it takes its time. */
  if (order->is_hurried) (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - HURRY);
  (void)sigemptyset(&empty);
  (void)sigprocmask(SIG_SETMASK, &empty, NULL);
  (void)execve(order->path, order->arguments, order->environment);
failed:
  *error = errno;
  _exit(127);
}

/* vfork has to be called where nothing but the call of the child's function follows. */
__attribute__((noinline)) static pid_t branch(
    const clinux_spawn_order *order, int none, int parent, volatile int *error) {
  pid_t pid = vfork();
  if (pid == 0) become(order, none, parent, error);
  return pid;
}

int clinux_spawn(const clinux_spawn_order *order, int *process) {
  sigset_t all, before;
  volatile int error = 0;
  /* Above 2: dup2 in the child must not overwrite one that is still needed. */
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int none = null < 0 ? -1 : fcntl(null, F_DUPFD_CLOEXEC, 3);
  if (null >= 0) (void)close(null);
  if (none < 0) return -errno;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = branch(order, none, getpid(), &error);
  int code = errno;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  (void)close(none);
  if (pid < 0) return -code;
  if (error != 0) {
    (void)waitpid(pid, NULL, 0);
    return -error;
  }
  /* Nobody else takes its end: the pid is its own until then. */
  long opened = syscall(SYS_pidfd_open, pid, 0);
  if (opened < 0) {
    code = errno;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return -code;
  }
  *process = (int)opened;
  return pid;
}

int clinux_process_reap(int process, clinux_process_end *end) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)process, &info, WEXITED | WNOHANG) != 0)
    return -errno;
  if (info.si_pid == 0) return 0;
  end->code = info.si_code == CLD_EXITED ? info.si_status : -1;
  end->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  return 1;
}

int clinux_process_calm(int pid) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (threads == NULL) return -errno;
  const int niceness = getpriority(PRIO_PROCESS, 0);
  for (struct dirent *one; (one = readdir(threads)) != NULL;)
    if (atoi(one->d_name) > 0)
      (void)setpriority(PRIO_PROCESS, (id_t)atoi(one->d_name), niceness);
  (void)closedir(threads);
  return 0;
}

int clinux_output_make(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int clinux_output_of(int pid, int number) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, number);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  return fd < 0 ? -errno : fd;
}

int clinux_pipe(int *reader, int *writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    int code = errno;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return -code;
  }
  *reader = ends[0];
  *writer = ends[1];
  return 0;
}

int clinux_notify_open(char *address, int size) {
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  socklen_t length = sizeof(sa_family_t);
  int on = 1, code;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  /* Bound by its family alone, it gets an abstract name of the kernel's choice. */
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      bind(fd, (struct sockaddr *)&local, length) != 0)
    goto failed;
  length = sizeof local;
  if (getsockname(fd, (struct sockaddr *)&local, &length) != 0) goto failed;
  int name = (int)length - (int)offsetof(struct sockaddr_un, sun_path) - 1;
  if (name <= 0 || name + 2 > size) {
    errno = ENAMETOOLONG;
    goto failed;
  }
  (void)snprintf(address, (size_t)size, "@%.*s", name, local.sun_path + 1);
  return fd;
failed:
  code = errno;
  (void)close(fd);
  return -code;
}

int clinux_notify_receive(int socket, char *text, int size, int *pid) {
  union {
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
    struct cmsghdr align;
  } control;
  struct iovec part = {.iov_base = text, .iov_len = (size_t)size - 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0) return -errno;
  text[length] = '\0';
  *pid = 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_CREDENTIALS) continue;
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(at), sizeof sender);
    *pid = sender.pid;
  }
  return (int)length;
}

int clinux_signals_open(void) {
  sigset_t heard;
  (void)signal(SIGPIPE, SIG_IGN);
  (void)sigemptyset(&heard);
  (void)sigaddset(&heard, SIGINT);
  (void)sigaddset(&heard, SIGTERM);
  (void)sigaddset(&heard, SIGHUP);
  int code = pthread_sigmask(SIG_BLOCK, &heard, NULL);
  if (code != 0) return -code;
  int fd = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int clinux_signals_next(int signals) {
  struct signalfd_siginfo info;
  if (read(signals, &info, sizeof info) != (ssize_t)sizeof info) return 0;
  return (int)info.ssi_signo;
}
