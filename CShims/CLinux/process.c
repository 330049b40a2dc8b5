#define _GNU_SOURCE /* system call numbers that the C library has no functions for */
#include "clinux_process.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sockios.h>

int clinux_process_look(int pid, clinux_process_state *state) {
  char path[32], text[1024];
  struct stat file;
  (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? -ESRCH : -errno;
  ssize_t length = read(fd, text, sizeof text - 1);
  int error = length <= 0 || fstat(fd, &file) != 0 ? -ESRCH : 0;
  (void)close(fd);
  if (error != 0) return error;
  text[length] = '\0';
  /* The name is in brackets and may hold anything: the fields begin after the last one. */
  char *field = strrchr(text, ')');
  if (field == NULL || field[1] != ' ' || field[2] == '\0') return -EIO;
  field += 2;
  state->state = *field;
  state->uid = file.st_uid;
  /* Field 22 is the start; this is field 3. */
  for (int number = 3; number < 22; number++) {
    field = strchr(field, ' ');
    if (field == NULL) return -EIO;
    field++;
  }
  state->start_ticks = strtoull(field, NULL, 10);
  return 0;
}

void clinux_files_as(uint32_t uid, uint32_t gid) {
  /* The group first: without root's rights it could not be changed any more. */
  if (uid != 0) (void)setfsgid(gid);
  (void)setfsuid(uid);
  if (uid == 0) (void)setfsgid(gid);
}

int clinux_process_open(int pid) {
  long fd = syscall(SYS_pidfd_open, pid, 0);
  return fd < 0 ? -errno : (int)fd;
}

int clinux_process_has_ended(int process) { return clinux_process_wait(process, 0); }

int clinux_process_wait(int process, int timeout_ms) {
  struct pollfd wait = {.fd = process, .events = POLLIN};
  return poll(&wait, 1, timeout_ms) == 1 ? 1 : 0;
}

int clinux_process_signal(int process, int signal) {
  return syscall(SYS_pidfd_send_signal, process, signal, NULL, 0) == 0 ? 0 : -errno;
}

int clinux_process_descriptor(int process, int descriptor) {
  long fd = syscall(SYS_pidfd_getfd, process, descriptor, 0);
  return fd < 0 ? -errno : (int)fd;
}

int clinux_process_allow_abort(void) {
  return prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0) == 0 ? 0 : -errno;
}

uint64_t clinux_descriptor_inode(int descriptor) {
  struct stat file;
  return fstat(descriptor, &file) == 0 ? (uint64_t)file.st_ino : 0;
}

int clinux_tcp_state(int descriptor) {
  int protocol = 0;
  socklen_t length = sizeof protocol;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0) return -errno;
  if (protocol != IPPROTO_TCP) return -EPROTOTYPE;
  struct tcp_info info;
  length = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return -errno;
  return info.tcpi_state;
}

int clinux_tcp_unsent(int descriptor) {
  int bytes = 0;
  return ioctl(descriptor, SIOCOUTQ, &bytes) == 0 ? bytes : -errno;
}

int clinux_tcp_abort(int descriptor) {
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  int state = clinux_tcp_state(descriptor);
  if (state < 0 || state == CLINUX_TCP_CLOSED) return state < 0 ? state : 0;
  if (connect(descriptor, &nowhere, sizeof nowhere) != 0) return -errno;
  state = clinux_tcp_state(descriptor);
  if (state < 0) return state;
  return state == CLINUX_TCP_CLOSED ? 0 : -EBUSY;
}

int clinux_tcp_close_hard(int descriptor, int hard) {
  struct linger linger = {.l_onoff = hard != 0, .l_linger = 0};
  return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 ? 0 : -errno;
}

int clinux_end_with_parent(void) {
  pid_t parent = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return -errno;
  /* It may have died before that. */
  if (getppid() != parent) raise(SIGTERM);
  return 0;
}

int clinux_lock_memory(void) {
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 0 : -errno;
}

int clinux_realtime(int priority, long busy_us) {
  struct rlimit limit;
  if (busy_us > 0 && getrlimit(RLIMIT_RTTIME, &limit) == 0) {
    limit.rlim_cur = (rlim_t)busy_us;
    if (setrlimit(RLIMIT_RTTIME, &limit) != 0) return -errno;
  }
  struct sched_param param = {.sched_priority = priority};
  return sched_setscheduler(0, SCHED_FIFO, &param) == 0 ? 0 : -errno;
}
