/* tickring.hpp: the C++17 face: move-only owners of what tickring.h describes.
 *
 * Errors of the world are exceptions (tickring::error), thrown only where regions are made,
 * attached or claimed; the hot path throws nothing and adds no instruction to the C calls. An
 * endpoint gives its role back when it is destroyed. A moved-from object owns nothing and may only
 * be assigned to or destroyed. Where exceptions are off, tickring.h serves C++ as it is.
 */
#if !defined(TICKRING_HPP) && defined(__cplusplus) /* Swift's importer reads it as C: nothing */
#define TICKRING_HPP

#include "tickring.h"

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tickring {

/* Why a region could not be made, attached or claimed; `code` is an enum tickring_error. */
class error : public std::runtime_error {
 public:
  error(int code, const std::string &path, std::uint64_t owner_pid = 0)
      : error(code, path, owner_pid, code == TICKRING_E_SYSTEM ? errno : 0) {}
  int code() const noexcept { return code_; }
  /* The holder of a role that is taken, or 0. */
  std::uint64_t owner_pid() const noexcept { return owner_pid_; }
  /* What the kernel said, for TICKRING_E_SYSTEM; else 0. */
  int system_errno() const noexcept { return system_errno_; }

 private:
  error(int code, const std::string &path, std::uint64_t owner_pid, int system_errno)
      : std::runtime_error(path + ": " + reason(code, system_errno)),
        code_(code),
        owner_pid_(owner_pid),
        system_errno_(system_errno) {}
  static std::string reason(int code, int system_errno) {
    if (system_errno != 0) return std::generic_category().message(system_errno);
    return tickring_error_text(code);
  }
  int code_;
  std::uint64_t owner_pid_;
  int system_errno_;
};

enum class kind : std::uint32_t {
  ticks = TICKRING_REGION_TICKS,
  orders = TICKRING_REGION_ORDERS,
  events = TICKRING_REGION_EVENTS,
  broadcast = TICKRING_REGION_BROADCAST
};

inline constexpr const char *default_directory = "/dev/shm";

/* Where a region's memory is to lie: verified at creation, and refused if it cannot be had. */
struct placement {
  int node = -1; /* NUMA node; -1: any */
  bool huge_pages = false;
};

/* An attached region; its file stays until `remove`. */
class region {
 public:
  static region create(const std::string &name, kind what, std::uint64_t capacity,
                       const std::string &directory = default_directory,
                       const placement &where = {}) {
    const tickring_options options = options_of(what, capacity, where);
    region made(directory + "/" + name);
    made.must(tickring_create(directory.c_str(), name.c_str(), &options, &made.raw_));
    return made;
  }

  /* Sealed memory without a name, for peers that do not trust each other: see tickring_share.h. */
  static region create_sealed(kind what, std::uint64_t capacity, const placement &where = {}) {
    const tickring_options options = options_of(what, capacity, where);
    region made("sealed region");
    made.must(tickring_create_sealed(&options, &made.raw_));
    return made;
  }

  /* Takes a sealed region over from the peer of a connected UNIX socket; what is not sealed is
   * refused. The socket stays the caller's. */
  static region receive(int socket, kind what) {
    region made("received region");
    made.must(tickring_receive(socket, static_cast<std::uint32_t>(what), &made.raw_));
    return made;
  }

  /* Hands the region to the peer of a connected UNIX socket. */
  void send(int socket) const { must(tickring_send(&raw_, socket)); }

  static region attach(const std::string &name, kind what,
                       const std::string &directory = default_directory) {
    region made(directory + "/" + name);
    made.must(tickring_attach(directory.c_str(), name.c_str(), static_cast<std::uint32_t>(what),
                              &made.raw_));
    return made;
  }

  /* For reading only: enough for an observer. */
  static region attach_reader(const std::string &name, kind what,
                              const std::string &directory = default_directory) {
    region made(directory + "/" + name);
    made.must(tickring_attach_reader(directory.c_str(), name.c_str(),
                                     static_cast<std::uint32_t>(what), &made.raw_));
    return made;
  }

  static void remove(const std::string &name, const std::string &directory = default_directory) {
    int code = tickring_remove(directory.c_str(), name.c_str());
    if (code != TICKRING_OK) throw error(code, directory + "/" + name);
  }

  region(region &&other) noexcept : raw_(other.release()), path_(std::move(other.path_)) {}
  region &operator=(region &&other) noexcept {
    if (this == &other) return *this;
    tickring_detach(&raw_);
    raw_ = other.release();
    path_ = std::move(other.path_);
    return *this;
  }
  region(const region &) = delete;
  region &operator=(const region &) = delete;
  ~region() { tickring_detach(&raw_); }

  /* Another attachment of the same memory, even if its name is gone. */
  region duplicate() const {
    region copy(path_);
    copy.must(tickring_duplicate(&raw_, &copy.raw_));
    return copy;
  }

  std::uint64_t capacity() const noexcept { return raw_.capacity; }
  /* Whether it was made by the build of these headers: see tickring_region.h. */
  bool is_same_build() const noexcept { return tickring_same_build(&raw_, 0); }
  /* For the calls of tickring.h that have no method here. */
  const tickring_region *raw() const noexcept { return &raw_; }
  const std::string &path() const noexcept { return path_; }

  /* The raw region, given away: what remains detaches nothing. */
  tickring_region release() noexcept {
    tickring_region given = raw_;
    raw_ = tickring_region{};
    raw_.fd = -1;
    return given;
  }

 private:
  explicit region(std::string path) : raw_{}, path_(std::move(path)) { raw_.fd = -1; }
  static tickring_options options_of(kind what, std::uint64_t capacity, const placement &where) {
    tickring_options options{};
    options.kind = static_cast<std::uint32_t>(what);
    options.capacity = capacity;
    options.node_plus_1 = where.node < INT32_MAX ? where.node + 1 : INT32_MAX;
    options.pages = where.huge_pages ? TICKRING_PAGES_HUGE : TICKRING_PAGES_USUAL;
    return options;
  }
  void must(int code) const {
    if (code != TICKRING_OK) throw error(code, path_);
  }

  tickring_region raw_;
  std::string path_;
};

/* What the endpoints share: a raw endpoint that moves, and closes itself. */
template <typename Raw, void (*close)(Raw *)>
class endpoint {
 public:
  endpoint(endpoint &&other) noexcept : raw_(other.raw_) { other.clear(); }
  endpoint &operator=(endpoint &&other) noexcept {
    if (this == &other) return *this;
    close(&raw_);
    raw_ = other.raw_;
    other.clear();
    return *this;
  }
  endpoint(const endpoint &) = delete;
  endpoint &operator=(const endpoint &) = delete;
  ~endpoint() { close(&raw_); }

  /* For the calls of tickring.h that have no method here. */
  Raw *raw() noexcept { return &raw_; }

 protected:
  endpoint() noexcept : raw_{} { raw_.region.fd = -1; }
  /* Claims a role of `from`, whose slots are to be those of `what`. */
  endpoint(region from, kind what, int (*open)(tickring_region *, Raw *, std::uint64_t *))
      : endpoint() {
    if (from.raw()->kind != static_cast<std::uint32_t>(what))
      throw error(TICKRING_E_KIND, from.path());
    tickring_region raw = from.release();
    std::uint64_t owner = 0;
    int code = open(&raw, &raw_, &owner);
    if (code != TICKRING_OK) throw error(code, from.path(), owner);
  }
  Raw raw_;

 private:
  void clear() noexcept {
    raw_ = Raw{};
    raw_.region.fd = -1;
  }
};

/* What producers of every kind do. */
class queue_producer : public endpoint<tickring_producer, tickring_producer_close> {
 public:
  bool wake() noexcept { return tickring_wake(&raw_); }
  /* Tells those outside that a publish found no room: see tickring_queue.h. */
  void count_full() noexcept { tickring_count_full(&raw_); }
  /* Says that this side lives; CLOCK_MONOTONIC. See tickring_region.h. */
  void beat(std::uint64_t monotonic_ns) noexcept { tickring_producer_beat(&raw_, monotonic_ns); }
  std::uint64_t published() const noexcept { return raw_.next; }

 protected:
  queue_producer(region from, kind what)
      : endpoint(std::move(from), what, tickring_producer_open) {}
};

/* What consumers of every kind do. */
class queue_consumer : public endpoint<tickring_consumer, tickring_consumer_close> {
 public:
  tickring_wait_result wait(const tickring_wait_options &options) noexcept {
    return tickring_wait(&raw_, &options);
  }
  void beat(std::uint64_t monotonic_ns) noexcept { tickring_consumer_beat(&raw_, monotonic_ns); }
  std::uint64_t polled() const noexcept { return raw_.next; }

 protected:
  queue_consumer(region from, kind what)
      : endpoint(std::move(from), what, tickring_consumer_open) {}
};

/* The one producer of a queue of ticks. */
class producer : public queue_producer {
 public:
  explicit producer(region from) : queue_producer(std::move(from), kind::ticks) {}
  /* False: full. */
  bool publish(const tickring_words &record, std::uint32_t received_16ns) noexcept {
    return tickring_publish(&raw_, record, received_16ns);
  }
  bool publish(const tickring_words &first, const tickring_words &second,
               std::uint32_t received_16ns) noexcept {
    return tickring_publish_pair(&raw_, first, second, received_16ns);
  }
};

/* The one consumer of a queue of ticks. */
class consumer : public queue_consumer {
 public:
  explicit consumer(region from) : queue_consumer(std::move(from), kind::ticks) {}
  /* False: empty. */
  bool poll(tickring_tick &tick) noexcept { return tickring_poll(&raw_, &tick); }
};

/* The ends of a queue of orders, or of events. */
template <typename Record, kind what>
class record_producer : public queue_producer {
 public:
  explicit record_producer(region from) : queue_producer(std::move(from), what) {}
  bool publish(const Record &record, std::uint32_t received_16ns) noexcept {
    return tickring_publish64(&raw_, &record, received_16ns);
  }
};

template <typename Record, kind what>
class record_consumer : public queue_consumer {
 public:
  explicit record_consumer(region from) : queue_consumer(std::move(from), what) {}
  bool poll(Record &record) noexcept { return tickring_poll64(&raw_, &record); }
};

using order_producer = record_producer<OrderRequestRecord, kind::orders>;
using order_consumer = record_consumer<OrderRequestRecord, kind::orders>;
using event_producer = record_producer<OrderEventRecord, kind::events>;
using event_consumer = record_consumer<OrderEventRecord, kind::events>;

/* The one writer of a broadcast ring. */
class writer : public endpoint<tickring_writer, tickring_writer_close> {
 public:
  explicit writer(region from)
      : endpoint(std::move(from), kind::broadcast, tickring_writer_open) {}
  void write(const tickring_words &record, std::uint32_t received_16ns) noexcept {
    tickring_broadcast(&raw_, record, received_16ns);
  }
  void beat(std::uint64_t monotonic_ns) noexcept { tickring_writer_beat(&raw_, monotonic_ns); }
  std::uint64_t written() const noexcept { return raw_.next; }
};

/* One of any number of observers of a broadcast ring. */
class observer : public endpoint<tickring_observer, tickring_observer_close> {
 public:
  explicit observer(region from, tickring_start start = TICKRING_START_NEWEST) {
    tickring_region raw = from.release();
    int code = tickring_observer_open(&raw, start, &raw_);
    if (code != TICKRING_OK) throw error(code, from.path());
  }
  /* False: nothing new; `lost` may have grown. */
  bool poll(tickring_tick &tick) noexcept { return tickring_observe(&raw_, &tick); }
  std::uint64_t seen() const noexcept { return tickring_observer_seen(&raw_); }
  std::uint64_t lost() const noexcept { return raw_.lost; }
};

/* Guards a region, or that of an endpoint, for as long as the guard lives: a file that is truncated
 * is then lost() and no SIGBUS. Declare it after what it guards, so that it ends before. The first
 * guard installs the process's handler of SIGBUS, which passes on what is in no guarded region. */
class guard {
 public:
  template <typename Raw, void (*close)(Raw *)>
  explicit guard(endpoint<Raw, close> &end) : guard(&end.raw()->region) {}
  explicit guard(const region &whole) : guard(whole.raw()) {}
  guard(const guard &) = delete;
  guard &operator=(const guard &) = delete;
  ~guard() { tickring_unguard(&raw_); }
  /* What is read since is zeros, and what is written reaches nobody. */
  bool lost() const noexcept { return tickring_is_lost(&raw_); }

 private:
  explicit guard(const tickring_region *raw) : raw_(*raw) {
    int code = tickring_guard_install();
    if (code == TICKRING_OK) code = tickring_guard(raw);
    if (code != TICKRING_OK) throw error(code, "guard");
  }
  tickring_region raw_; /* a copy, of which only the addresses are used */
};

/* A polled tick as the record it is. */
inline MarketDataRecord record_of(const tickring_tick &tick) noexcept {
  MarketDataRecord record;
  __builtin_memcpy(&record, tick.word, sizeof record);
  return record;
}

}  // namespace tickring

#endif
