/* The C++ face, claim by claim. Run by Tests/Conformance/examples. */
#include <tickring.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect(bool condition, const char *claim) {
  if (condition) return;
  std::fprintf(stderr, "face: not so: %s\n", claim);
  std::exit(1);
}

/* The code with which `body` is refused; 0 if it is not. */
template <typename Body>
static int refusal(Body body) {
  try {
    body();
    return 0;
  } catch (const tickring::error &error) {
    return error.code();
  }
}

static tickring_words tick(std::uint64_t number) { return tickring_words_of(number, 16, 1.5, 1); }

/* The other process: takes the region over and publishes 100 ticks. */
static int produce(int socket) {
  alarm(60);
  tickring::producer producer(tickring::region::receive(socket, tickring::kind::ticks));
  for (std::uint64_t number = 0; number < 100; number++)
    while (!producer.publish(tick(number), 0)) usleep(100);
  return 0;
}

static void a_sealed_region_carries_ticks_between_processes() {
  int sockets[2];
  expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0, "there are sockets");
  auto sealed = tickring::region::create_sealed(tickring::kind::ticks, 8);
  expect(sealed.is_same_build(), "it is of this build");
  pid_t child = fork();
  if (child == 0) _exit(produce(sockets[1]));
  sealed.send(sockets[0]);
  tickring::consumer consumer(sealed.duplicate());
  tickring_wait_options wait{};
  wait.policy = TICKRING_WAIT_SLEEP;
  wait.timeout_ns = 30000000000u;
  tickring_tick got;
  for (std::uint64_t number = 0; number < 100; number++) {
    expect(consumer.wait(wait) == TICKRING_WAIT_READY, "there is a tick");
    expect(consumer.poll(got) && got.word[0] == number, "it is the next one");
  }
  int status = 0;
  waitpid(child, &status, 0);
  expect(status == 0, "the other process could");
  auto open = tickring::region::create("tickway-face-" + std::to_string(getpid()),
                                       tickring::kind::ticks, 8);
  tickring::region::remove("tickway-face-" + std::to_string(getpid()));
  open.send(sockets[0]);
  expect(refusal([&] { tickring::region::receive(sockets[1], tickring::kind::ticks); }) ==
             TICKRING_E_OWNER, "what is not sealed is refused");
  close(sockets[0]);
  close(sockets[1]);
}

static void a_truncated_region_is_lost_and_not_a_crash() {
  const std::string name = "tickway-face-" + std::to_string(getpid());
  auto region = tickring::region::create(name, tickring::kind::ticks, 4096);
  tickring::producer producer(region.duplicate());
  tickring::guard of_end(producer), of_region(region);
  expect(!of_end.lost() && !of_region.lost(), "nothing is lost");
  expect(truncate(("/dev/shm/" + name).c_str(), 0) == 0, "a peer truncates the file");
  for (std::uint64_t number = 0; number < 200; number++) producer.publish(tick(number), 0);
  expect(of_end.lost(), "the producer's region is lost");
  tickring::region::remove(name);
}

static void placement_is_had_or_refused() {
  const std::string name = "tickway-face-" + std::to_string(getpid());
  auto made = [&](int node, bool huge) {
    return refusal([&] {
      tickring::region::create(name, tickring::kind::ticks, 8, "/dev/shm", {node, huge});
      tickring::region::remove(name);
    });
  };
  const int first = made(0, false);
  expect(first == TICKRING_OK || first == TICKRING_E_NO_NUMA, "node 0 is had");
  const int absent = made(63, false);
  expect(absent == TICKRING_E_NODE_ABSENT || absent == TICKRING_E_NO_NUMA, "63 is not");
  expect(made(-2, false) == TICKRING_E_ARGUMENT, "-2 is no node");
  const int huge = made(-1, true);
  expect(huge == TICKRING_OK || huge == TICKRING_E_HUGE_PAGES, "huge pages are had or refused");
}

static void an_owner_beats() {
  auto region = tickring::region::create_sealed(tickring::kind::ticks, 8);
  tickring::producer producer(region.duplicate());
  tickring::consumer consumer(region.duplicate());
  producer.beat(5);
  consumer.beat(6);
  expect(region.raw()->header->producer_heartbeat_ns == 5, "the producer's beat is there");
  expect(region.raw()->header->consumer_heartbeat_ns == 6, "the consumer's beat is there");
}

/* A tick in a slot of another kind would be found by nobody, or torn. */
static void an_end_is_of_its_rings_kind() {
  auto orders = tickring::region::create_sealed(tickring::kind::orders, 8);
  tickring::order_producer producer(orders.duplicate());
  tickring::order_consumer consumer(orders.duplicate());
  OrderRequestRecord order{}, got{};
  order.order_id = 7;
  expect(producer.publish(order, 0) && consumer.poll(got), "an order goes through");
  expect(got.order_id == 7 && !consumer.poll(got), "as it was, once");
  expect(refusal([&] { tickring::producer wrong(orders.duplicate()); }) == TICKRING_E_KIND,
         "ticks are refused");
  expect(refusal([&] { tickring::event_consumer wrong(orders.duplicate()); }) == TICKRING_E_KIND,
         "events are refused");
  expect(refusal([&] { tickring::writer wrong(orders.duplicate()); }) == TICKRING_E_KIND,
         "a writer is refused");
  expect(refusal([&] { tickring::order_producer second(orders.duplicate()); }) ==
             TICKRING_E_ROLE_TAKEN, "a second producer is refused");
  producer = tickring::order_producer(
      tickring::region::create_sealed(tickring::kind::orders, 1));
  expect(producer.publish(order, 0) && !producer.publish(order, 0), "moved into, it is another's");
  tickring::order_producer again(orders.duplicate());
  expect(again.published() == 1, "whose first role is free again");
}

static void what_the_kernel_refused_is_told() {
  auto sealed = tickring::region::create_sealed(tickring::kind::ticks, 8);
  try {
    sealed.send(-1);
    expect(false, "a socket that is none is refused");
  } catch (const tickring::error &error) {
    expect(error.code() == TICKRING_E_SYSTEM && error.system_errno() == EBADF, "with its number");
    expect(std::string(error.what()) == "sealed region: " + std::string(std::strerror(EBADF)),
           "and in words");
  }
}

int main() {
  a_sealed_region_carries_ticks_between_processes();
  a_truncated_region_is_lost_and_not_a_crash();
  placement_is_had_or_refused();
  an_owner_beats();
  an_end_is_of_its_rings_kind();
  what_the_kernel_refused_is_told();
  std::printf("face (C++): ok\n");
  return 0;
}
