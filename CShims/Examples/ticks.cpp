// ticks.cpp: a producer and a consumer of ticks in C++17; what it does is told in ticks.c.
//
//   c++ -std=c++17 ticks.cpp $(pkg-config --cflags --libs tickring) -o ticks
#include <tickring.hpp>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

static void produce(const std::string &name, std::uint64_t count) {
  tickring::producer producer(tickring::region::create(name, tickring::kind::ticks, 1024));
  for (std::uint64_t i = 0; i < count; i++) {
    const auto tick =
        tickring_words_of(i, 1u << 4 | TICKRING_TRADE, 100 + static_cast<double>(i % 8) / 8,
                          static_cast<std::uint32_t>(1 + i % 100));
    while (!producer.publish(tick, 0)) std::this_thread::yield();
    if (i % 64 == 63) producer.wake();
  }
  producer.wake();
}

// The producer may not have made it yet.
static tickring::region attach(const std::string &name) {
  for (int tries = 0;; tries++) {
    try {
      return tickring::region::attach(name, tickring::kind::ticks);
    } catch (const tickring::error &) {
      if (tries == 1000) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

static void consume(const std::string &name, std::uint64_t count) {
  tickring_wait_options wait{};
  wait.policy = TICKRING_WAIT_SLEEP;
  tickring::consumer consumer(attach(name));
  std::uint64_t taken = 0, volume = 0;
  double turnover = 0;
  while (taken < count) {
    tickring_tick tick;
    if (!consumer.poll(tick)) {
      if (consumer.wait(wait) == TICKRING_WAIT_PEER_GONE) break;
      continue;
    }
    const MarketDataRecord record = tickring::record_of(tick);
    taken += 1;
    volume += record.quantity;
    turnover += record.price * record.quantity;
  }
  std::printf("%llu ticks, volume %llu", static_cast<unsigned long long>(taken),
              static_cast<unsigned long long>(volume));
  if (volume > 0) std::printf(", vwap %.6f", turnover / static_cast<double>(volume));
  std::puts("");
  tickring::region::remove(name);
}

static bool is_count(std::string_view text, std::uint64_t &count) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  return problem == std::errc() && end == text.data() + text.size();
}

int main(int argc, char **argv) {
  const std::string_view verb = argc == 4 ? argv[1] : "";
  std::uint64_t count = 0;
  if ((verb != "produce" && verb != "consume") || !is_count(argv[3], count)) {
    std::fputs("usage: ticks produce|consume NAME COUNT\n", stderr);
    return 64;
  }
  try {
    if (verb == "produce") produce(argv[2], count);
    else consume(argv[2], count);
  } catch (const tickring::error &problem) {
    std::fprintf(stderr, "ticks: %s\n", problem.what());
    return 1;
  }
  return 0;
}
