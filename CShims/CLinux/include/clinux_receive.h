/* clinux_receive.h: one UDP socket that datagrams are received from in batches. Private to this
 * package. Addresses and ports are numbers: 127.0.0.1 is 0x7F000001.
 *
 * Hot path: clinux_line_receive and the accessors below it.
 *   Thread: one at a time, whoever owns the line.
 *   Lines written: the line's own memory only; nothing is shared with another core.
 *   Cost: one recvmmsg, and some 3 ns a datagram for looking at what came. No allocation, no lock.
 *   Failure: what the network does is counted; a descriptor that cannot receive is -errno. */
#ifndef CLINUX_RECEIVE_H
#define CLINUX_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  uint32_t address;            /* a multicast group to join, or an address of this machine */
  uint32_t source;             /* the only sender that is listened to; 0: any */
  uint16_t port;               /* 0: the kernel chooses */
  uint16_t batch;              /* datagrams at most in one receive */
  int interface;               /* index of the interface to join on; 0 if nothing is joined */
  uint32_t buffer_bytes;       /* receive buffer, as in SO_RCVBUF */
  uint32_t datagram_bytes_max; /* a longer one is counted and dropped */
  int stamps;                  /* whether the kernel stamps what it receives */
} clinux_line_options;

typedef struct {
  const unsigned char *bytes; /* valid until the next receive */
  uint64_t kernel_ns;         /* CLOCK_REALTIME; 0 if not stamped */
  uint32_t length;
} clinux_datagram;

typedef struct {
  uint64_t packets; /* handed out, and their bytes */
  uint64_t bytes;
  uint64_t too_long;
  uint64_t empty;
  uint64_t wrong_source;
  uint64_t dropped; /* by the kernel, for want of room in the receive buffer */
  uint64_t batches; /* receives that brought something */
  uint64_t errors;  /* receives that the network failed */
} clinux_line_counts;

/* One mapping holds this, the kernel's tables and the datagrams. */
typedef struct clinux_line {
  clinux_datagram *datagrams; /* the valid ones of the last receive */
  int descriptor;
  uint32_t received; /* places of the tables that the last receive used */
  uint32_t batch;
  uint32_t drops_seen; /* the kernel's counter, which wraps */
  int last_error;      /* errno of the last of `errors`; 0: none */
  uint32_t source;     /* 0: any */
  clinux_line_counts counts;
  void *messages; /* struct mmsghdr[batch] */
  void *names;    /* struct sockaddr_in[batch] */
  uint32_t buffer_bytes_granted;
  uint32_t group; /* 0: nothing is joined */
  int interface;
  uint16_t port;
  bool is_idle;    /* the last receive found nothing */
  bool has_stamps; /* the kernel stamps what it receives */
  uint64_t mapped_bytes;
} clinux_line;

/* What opening was doing when it failed. */
typedef enum {
  CLINUX_LINE_MEMORY,
  CLINUX_LINE_SOCKET,
  CLINUX_LINE_OPTION,
  CLINUX_LINE_BIND,
  CLINUX_LINE_JOIN,
} clinux_line_step;

/* Opens, binds and joins; all memory is taken and touched here. */
int clinux_line_open(const clinux_line_options *options, clinux_line **line,
                     clinux_line_step *step);
void clinux_line_close(clinux_line *line);

/* Joins the line's group on an interface, after leaving it where it was joined before. */
int clinux_line_join(clinux_line *line, int interface);

/* 1 if the kernel listens for the line's group on this interface, 0 if not. Reads from /proc. */
int clinux_line_is_joined(const clinux_line *line, int interface);

/* Receives what is there, at most a batch, or one after a look that found nothing: how many valid
 * datagrams `datagrams` now has. That one tells of no drops (unless a source or stamps are asked
 * for); what follows it does, and clinux_line_read_drops. */
int clinux_line_receive(clinux_line *line);

/* Reads the kernel's drop counter, so that drops show that no datagram has followed yet. */
void clinux_line_read_drops(clinux_line *line);

/* Waits until one of the descriptors (-1: none) has something, at most `timeout_ns`: 1, or 0. */
int clinux_wait_readable(int first, int second, int third, uint64_t timeout_ns);

static inline const clinux_datagram *clinux_line_datagram(const clinux_line *line, uint32_t index) {
  return line->datagrams + index;
}

#endif
