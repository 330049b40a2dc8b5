#define _GNU_SOURCE /* recvmmsg, ppoll */
#include "clinux_receive.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h> /* SK_MEMINFO_DROPS */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Room for a drop counter and a stamp, with their headers: 24 + 32 bytes. */
enum { control_bytes = 64, page_bytes = 4096 };

static uint64_t rounded_up(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

static int is_multicast(uint32_t address) { return address >> 28 == 0xE; }

static int set(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0 ? 0 : -errno;
}

/* One mapping for everything, touched now, so that no datagram meets a page fault. The mapping is
 * zeroed; `messages` is filled in once, and only lengths are reset from then on. */
static int line_of_memory(const clinux_line_options *options, clinux_line **out) {
  uint64_t batch = options->batch;
  uint64_t stride = rounded_up(options->datagram_bytes_max, 64);
  uint64_t at_messages = rounded_up(sizeof(clinux_line), 64);
  uint64_t at_vectors = at_messages + batch * sizeof(struct mmsghdr);
  uint64_t at_names = at_vectors + batch * sizeof(struct iovec);
  uint64_t at_datagrams = at_names + batch * sizeof(struct sockaddr_in);
  uint64_t at_control = rounded_up(at_datagrams + batch * sizeof(clinux_datagram), 64);
  uint64_t at_bytes = rounded_up(at_control + batch * control_bytes, page_bytes);
  uint64_t total = rounded_up(at_bytes + batch * stride, page_bytes);
  unsigned char *base = mmap(NULL, total, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (base == MAP_FAILED) return -errno;
  clinux_line *line = (clinux_line *)base;
  struct mmsghdr *messages = (struct mmsghdr *)(base + at_messages);
  struct iovec *vectors = (struct iovec *)(base + at_vectors);
  struct sockaddr_in *names = (struct sockaddr_in *)(base + at_names);
  for (uint64_t i = 0; i < batch; i++) {
    vectors[i].iov_base = base + at_bytes + i * stride;
    vectors[i].iov_len = options->datagram_bytes_max;
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = base + at_control + i * control_bytes;
    /* Who sent it is asked for only where it matters: the copy costs. */
    if (options->source) messages[i].msg_hdr.msg_name = &names[i];
  }
  line->datagrams = (clinux_datagram *)(base + at_datagrams);
  line->messages = messages;
  line->names = names;
  line->mapped_bytes = total;
  line->batch = options->batch;
  line->received = options->batch; /* all lengths are to be set before the first receive */
  line->source = options->source;
  line->has_stamps = options->stamps;
  line->group = is_multicast(options->address) ? options->address : 0;
  line->descriptor = -1;
  *out = line;
  return 0;
}

static int tune(clinux_line *line, const clinux_line_options *options) {
  int descriptor = line->descriptor;
  int bytes = (int)options->buffer_bytes;
  /* Past the limit of sysctl where privilege allows it, else up to the limit. */
  if (set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, bytes) != 0)
    (void)set(descriptor, SOL_SOCKET, SO_RCVBUF, bytes);
  socklen_t size = sizeof bytes;
  if (getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, &size) != 0) return -errno;
  /* The kernel doubles what it is asked for, and says the double. */
  line->buffer_bytes_granted = (uint32_t)bytes / 2;
  int result = set(descriptor, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (result == 0 && options->stamps) result = set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (result != 0 || !line->group) return result;
  /* Several programs may listen to one group. To a unicast address, the last to bind would take
   * everything from the others, so there it is not allowed. */
  result = set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  /* Only what this very socket has joined, not what any on this machine has. */
  return result != 0 ? result : set(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, 0);
}

static int bind_to(clinux_line *line, const clinux_line_options *options) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(options->port)};
  /* To the group itself, so that line A never gets line B's packets on the same port. */
  name.sin_addr.s_addr = htonl(options->address);
  socklen_t size = sizeof name;
  if (bind(line->descriptor, (struct sockaddr *)&name, size) != 0 ||
      getsockname(line->descriptor, (struct sockaddr *)&name, &size) != 0)
    return -errno;
  line->port = ntohs(name.sin_port);
  return 0;
}

int clinux_line_open(const clinux_line_options *options, clinux_line **out,
                     clinux_line_step *step) {
  clinux_line *line = NULL;
  *step = CLINUX_LINE_MEMORY;
  int result = line_of_memory(options, &line);
  if (result != 0) return result;
  *step = CLINUX_LINE_SOCKET;
  line->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (line->descriptor < 0) result = -errno;
  if (result == 0) {
    *step = CLINUX_LINE_OPTION;
    result = tune(line, options);
  }
  if (result == 0) {
    *step = CLINUX_LINE_BIND;
    result = bind_to(line, options);
  }
  if (result == 0 && line->group) {
    *step = CLINUX_LINE_JOIN;
    result = clinux_line_join(line, options->interface);
  }
  if (result == 0)
    *out = line;
  else
    clinux_line_close(line);
  return result;
}

void clinux_line_close(clinux_line *line) {
  if (line->descriptor >= 0) close(line->descriptor);
  munmap(line, line->mapped_bytes);
}

/* By index throughout: an interface may lack an address, and its address may change. */
static int change_membership(const clinux_line *line, int interface, int any, int of_source) {
  if (!line->source) {
    struct ip_mreqn request = {.imr_ifindex = interface};
    request.imr_multiaddr.s_addr = htonl(line->group);
    int code = setsockopt(line->descriptor, IPPROTO_IP, any, &request, sizeof request);
    return code == 0 ? 0 : -errno;
  }
  struct group_source_req request = {.gsr_interface = (uint32_t)interface};
  struct sockaddr_in group = {.sin_family = AF_INET}, source = {.sin_family = AF_INET};
  group.sin_addr.s_addr = htonl(line->group);
  source.sin_addr.s_addr = htonl(line->source);
  memcpy(&request.gsr_group, &group, sizeof group);
  memcpy(&request.gsr_source, &source, sizeof source);
  int code = setsockopt(line->descriptor, IPPROTO_IP, of_source, &request, sizeof request);
  return code == 0 ? 0 : -errno;
}

int clinux_line_join(clinux_line *line, int interface) {
  /* The kernel forgets nothing by itself, not even an interface that is gone: one that comes back
   * under the same name is another, and the old membership would only take up room. */
  if (line->interface)
    (void)change_membership(line, line->interface, IP_DROP_MEMBERSHIP, MCAST_LEAVE_SOURCE_GROUP);
  line->interface = 0;
  int result = change_membership(line, interface, IP_ADD_MEMBERSHIP, MCAST_JOIN_SOURCE_GROUP);
  if (result == 0) line->interface = interface;
  return result;
}

int clinux_line_is_joined(const clinux_line *line, int interface) {
  FILE *file = fopen("/proc/thread-self/net/igmp", "re");
  if (!file) return 0;
  char text[128];
  int index = 0, current = 0, found = 0;
  unsigned group;
  /* A line with an interface's index and name, then one for each of its groups, indented. */
  while (!found && fgets(text, sizeof text, file)) {
    if (text[0] != '\t')
      current = sscanf(text, "%d", &index) == 1 ? index : 0;
    else
      found = current == interface && sscanf(text, "%8X", &group) == 1 &&
              ntohl(group) == line->group;
  }
  fclose(file);
  return found;
}

/* Counters of the kernel wrap, and a queued datagram tells an older one than was read since. */
static void take_drops(clinux_line *line, uint32_t counter) {
  int32_t more = (int32_t)(counter - line->drops_seen);
  if (more <= 0) return;
  line->counts.dropped += (uint32_t)more;
  line->drops_seen = counter;
}

/* What the kernel says beside a datagram: its stamp is returned, drops are counted. */
static uint64_t read_control(clinux_line *line, struct msghdr *header) {
  uint64_t stamp_ns = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(c), sizeof time);
      stamp_ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    } else if (c->cmsg_type == SO_RXQ_OVFL) {
      uint32_t counter;
      memcpy(&counter, CMSG_DATA(c), sizeof counter);
      take_drops(line, counter);
    }
  }
  return stamp_ns;
}

/* What is the network's doing passes, and is counted; what is ours does not. */
static int failed(clinux_line *line, int code) {
  switch (code) {
    case EAGAIN:
    case EINTR: return 0;
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENODEV:
    case ECONNREFUSED:
    case ECONNRESET:
    case ENOBUFS:
    case ENOMEM:
      line->counts.errors++;
      line->last_error = code;
      return 0;
    default: return -code;
  }
}

/* Where nothing was there the last time, one, since the kernel looks for the next before it hands
 * over the first; and without a header where none is needed. A core that spins has it sooner by a
 * tenth. Drops are told by what comes next, or read in idle time. */
static int receive_first(clinux_line *line, struct mmsghdr *first) {
  struct msghdr *header = &first->msg_hdr;
  if (line->source || line->has_stamps)
    return recvmmsg(line->descriptor, first, 1, MSG_DONTWAIT, NULL);
  const struct iovec *vector = header->msg_iov;
  ssize_t length =
      recv(line->descriptor, vector->iov_base, vector->iov_len, MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0) return -1;
  first->msg_len = (unsigned)length;
  header->msg_flags = (size_t)length > vector->iov_len ? MSG_TRUNC : 0;
  header->msg_controllen = 0;
  return 1;
}

int clinux_line_receive(clinux_line *line) {
  struct mmsghdr *messages = line->messages;
  const struct sockaddr_in *names = line->names;
  for (uint32_t i = 0; i < line->received; i++) {
    messages[i].msg_hdr.msg_namelen = line->source ? sizeof *names : 0;
    messages[i].msg_hdr.msg_controllen = control_bytes;
  }
  line->received = 0;
  int received = line->is_idle
                     ? receive_first(line, messages)
                     : recvmmsg(line->descriptor, messages, line->batch, MSG_DONTWAIT, NULL);
  line->is_idle = received <= 0;
  if (received <= 0) return received == 0 ? 0 : failed(line, errno);
  line->received = (uint32_t)received;
  line->counts.batches++;
  int valid = 0;
  uint64_t bytes = 0;
  for (int i = 0; i < received; i++) {
    struct msghdr *header = &messages[i].msg_hdr;
    uint64_t stamp_ns = header->msg_controllen ? read_control(line, header) : 0;
    uint32_t length = messages[i].msg_len;
    if (header->msg_flags & MSG_TRUNC) {
      line->counts.too_long++;
    } else if (line->source && ntohl(names[i].sin_addr.s_addr) != line->source) {
      line->counts.wrong_source++;
    } else if (length == 0) {
      line->counts.empty++;
    } else {
      line->datagrams[valid++] =
          (clinux_datagram){header->msg_iov->iov_base, stamp_ns, length};
      bytes += length;
    }
  }
  line->counts.packets += (uint64_t)valid;
  line->counts.bytes += bytes;
  return valid;
}

void clinux_line_read_drops(clinux_line *line) {
  uint32_t memory[SK_MEMINFO_VARS];
  socklen_t size = sizeof memory;
  if (getsockopt(line->descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return;
  if (size >= (SK_MEMINFO_DROPS + 1) * sizeof memory[0]) take_drops(line, memory[SK_MEMINFO_DROPS]);
}

int clinux_wait_readable(int first, int second, int third, uint64_t timeout_ns) {
  struct pollfd entries[3] = {
      {.fd = first, .events = POLLIN},
      {.fd = second, .events = POLLIN},
      {.fd = third, .events = POLLIN},
  };
  struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                             .tv_nsec = (long)(timeout_ns % 1000000000u)};
  return ppoll(entries, 3, &timeout, NULL) > 0;
}
