/* tickring.hpp: the C++17 face: move-only owners of what tickring.h describes.
 *
 * Errors of the world are exceptions (tickring::error), thrown only where
 * regions are made, attached or claimed; the hot path throws nothing and adds no instruction to
 * the C calls. An endpoint gives its role back when it is destroyed. A moved-from object owns
 * nothing and may only be assigned to or destroyed.
 */
#if !defined(TICKRING_HPP) && defined(__cplusplus) /* Swift's importer reads it as C: nothing */
#define TICKRING_HPP

#include "tickring.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace tickring {

/* Why a region could not be made, attached or claimed; `code` is an enum tickring_error. */
class error : public std::runtime_error {
 public:
  error(int code, const std::string &path, std::uint64_t owner_pid = 0)
      : std::runtime_error(path + ": " + tickring_error_text(code)),
        code_(code),
        owner_pid_(owner_pid) {}
  int code() const noexcept { return code_; }
  /* The holder of a role that is taken, or 0. */
  std::uint64_t owner_pid() const noexcept { return owner_pid_; }

 private:
  int code_;
  std::uint64_t owner_pid_;
};

enum class kind : std::uint32_t {
  ticks = TICKRING_REGION_TICKS,
  orders = TICKRING_REGION_ORDERS,
  events = TICKRING_REGION_EVENTS,
  broadcast = TICKRING_REGION_BROADCAST
};

inline constexpr const char *default_directory = "/dev/shm";

/* An attached region; its file stays until `remove`. */
class region {
 public:
  static region create(const std::string &name, kind what, std::uint64_t capacity,
                       const std::string &directory = default_directory) {
    tickring_options options{};
    options.kind = static_cast<std::uint32_t>(what);
    options.capacity = capacity;
    region made(directory + "/" + name);
    made.must(tickring_create(directory.c_str(), name.c_str(), &options, &made.raw_));
    return made;
  }

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
  void must(int code) const {
    if (code != TICKRING_OK) throw error(code, path_);
  }

  tickring_region raw_;
  std::string path_;
};

/* What the four endpoints share: a raw endpoint that moves, and closes itself. */
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
  Raw raw_;

 private:
  void clear() noexcept {
    raw_ = Raw{};
    raw_.region.fd = -1;
  }
};

/* The one producer of a queue. */
class producer : public endpoint<tickring_producer, tickring_producer_close> {
 public:
  explicit producer(region from) {
    tickring_region raw = from.release();
    std::uint64_t owner = 0;
    int code = tickring_producer_open(&raw, &raw_, &owner);
    if (code != TICKRING_OK) throw error(code, from.path(), owner);
  }
  /* False: full. */
  bool publish(const tickring_words &record, std::uint32_t received_16ns) noexcept {
    return tickring_publish(&raw_, record, received_16ns);
  }
  bool publish(const tickring_words &first, const tickring_words &second,
               std::uint32_t received_16ns) noexcept {
    return tickring_publish_pair(&raw_, first, second, received_16ns);
  }
  bool wake() noexcept { return tickring_wake(&raw_); }
  std::uint64_t published() const noexcept { return raw_.next; }
};

/* The one consumer of a queue. */
class consumer : public endpoint<tickring_consumer, tickring_consumer_close> {
 public:
  explicit consumer(region from) {
    tickring_region raw = from.release();
    std::uint64_t owner = 0;
    int code = tickring_consumer_open(&raw, &raw_, &owner);
    if (code != TICKRING_OK) throw error(code, from.path(), owner);
  }
  /* False: empty. */
  bool poll(tickring_tick &tick) noexcept { return tickring_poll(&raw_, &tick); }
  tickring_wait_result wait(const tickring_wait_options &options) noexcept {
    return tickring_wait(&raw_, &options);
  }
  std::uint64_t polled() const noexcept { return raw_.next; }
};

/* The one writer of a broadcast ring. */
class writer : public endpoint<tickring_writer, tickring_writer_close> {
 public:
  explicit writer(region from) {
    tickring_region raw = from.release();
    std::uint64_t owner = 0;
    int code = tickring_writer_open(&raw, &raw_, &owner);
    if (code != TICKRING_OK) throw error(code, from.path(), owner);
  }
  void write(const tickring_words &record, std::uint32_t received_16ns) noexcept {
    tickring_broadcast(&raw_, record, received_16ns);
  }
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
  std::uint64_t seen() const noexcept { return raw_.seen; }
  std::uint64_t lost() const noexcept { return raw_.lost; }
};

/* A polled tick as the record it is. */
inline MarketDataRecord record_of(const tickring_tick &tick) noexcept {
  MarketDataRecord record;
  __builtin_memcpy(&record, tick.word, sizeof record);
  return record;
}

}  // namespace tickring

#endif
