/* share.c: sealed regions, handed over a UNIX socket. Cold. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create, seals */
#endif
#include "internal.h"
#include "tickring_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int tickring_create_sealed(const tickring_options *options, tickring_region *region) {
  bool is_huge = options != NULL && options->pages == TICKRING_PAGES_HUGE;
  unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (is_huge ? MFD_HUGETLB : 0u);
  int fd = memfd_create("tickring", flags);
  if (fd < 0) {
    tickring_internal_clear(region);
    return is_huge ? TICKRING_E_HUGE_PAGES : tickring_internal_errno();
  }
  (void)fchmod(fd, 0600); /* by its descriptor alone, then */
  int error = tickring_internal_create(fd, options, region);
  if (error == TICKRING_E_FULL && is_huge) return TICKRING_E_HUGE_PAGES; /* none left */
  if (error) return error;
  if (fcntl(fd, F_ADD_SEALS, TICKRING_SEALS) == 0) return TICKRING_OK;
  error = tickring_internal_errno();
  tickring_detach(region);
  return error;
}

/* Room for what the kernel adds to a message if the socket asks for it (SO_PASSCRED and others),
 * and for more descriptors than one: all that came is ours to close. */
#define CONTROL_BYTES 512

/* A message of one byte with a descriptor. */
typedef struct parcel {
  struct msghdr message;
  struct iovec part;
  char byte;
  uint64_t control[CONTROL_BYTES / sizeof(uint64_t)]; /* words, for the alignment */
} parcel;

static void prepare(parcel *one) {
  memset(one, 0, sizeof *one);
  one->part.iov_base = &one->byte;
  one->part.iov_len = 1;
  one->message.msg_iov = &one->part;
  one->message.msg_iovlen = 1;
  one->message.msg_control = one->control;
  one->message.msg_controllen = sizeof one->control;
}

int tickring_send(const tickring_region *region, int socket) {
  char path[64];
  parcel one;
  snprintf(path, sizeof path, "/proc/self/fd/%d", region->fd);
  /* A duplicate would share our locks: the peer gets a description of its own. */
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return tickring_internal_errno();
  prepare(&one);
  one.message.msg_controllen = CMSG_SPACE(sizeof fd);
  struct cmsghdr *head = CMSG_FIRSTHDR(&one.message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  ssize_t sent = 0;
  do sent = sendmsg(socket, &one.message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  int error = sent == 1 ? TICKRING_OK : tickring_internal_errno();
  close(fd);
  return error;
}

/* The descriptors of one part of a message: the first of all into `fd`, the others are closed. How
 * many there are so far. */
static int take_descriptors(const struct cmsghdr *head, int *fd, int count) {
  if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) return count;
  for (size_t at = CMSG_LEN(0); at + sizeof *fd <= head->cmsg_len; at += sizeof *fd) {
    int came = -1;
    memcpy(&came, (const unsigned char *)head + at, sizeof came);
    if (count++ == 0) *fd = came;
    else close(came);
  }
  return count;
}

static int receive_descriptor(int socket, int *fd) {
  parcel one;
  int count = 0;
  prepare(&one);
  ssize_t got = 0;
  do got = recvmsg(socket, &one.message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return tickring_internal_errno();
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&one.message); head != NULL;
       head = CMSG_NXTHDR(&one.message, head))
    count = take_descriptors(head, fd, count);
  if (count == 1) return TICKRING_OK;
  if (count > 1) close(*fd);
  return TICKRING_E_NOT_A_REGION;
}

/* Whether all of the file's memory is there. What a peer only says is there would be allocated, and
 * paid for, by whoever touches it first. */
static bool is_allocated(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 && (uint64_t)file.st_blocks * 512 >= (uint64_t)file.st_size;
}

int tickring_receive(int socket, uint32_t kind, tickring_region *region) {
  int fd = -1;
  tickring_internal_clear(region);
  int error = receive_descriptor(socket, &fd);
  if (error) return error;
  if (!tickring_internal_is_sealed(fd)) error = TICKRING_E_OWNER;
  else if (!is_allocated(fd)) error = TICKRING_E_SIZE;
  if (error) {
    close(fd);
    return error;
  }
  return tickring_internal_attach(fd, kind, region);
}
