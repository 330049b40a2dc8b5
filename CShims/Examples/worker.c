/* worker.c: a worker of one's own, in C, at the rings of a running instance.
 *
 *   cc worker.c $(pkg-config --cflags --libs tickring) -o worker
 *   worker PREFIX K EVERY [DIRECTORY]
 *
 * It takes worker K's place: polls PREFIX.ticks.K, asks in PREFIX.orders.K, hears in
 * PREFIX.events.K (an instance NAME has the prefix tickway.NAME), and leaves when PREFIX.control
 * tells it to, or at SIGTERM. Its strategy buys 100 shares at the ask at each EVERY-th quote of an
 * instrument, immediate or cancel. What a worker owes the others stands in tickring_control.h; the
 * rest is:
 *
 *   - order ids: instrument << 32 | K << 26 | n, the n-th of that instrument by this worker, from 1
 *     on. PREFIX.numbers.K has a 32-bit word for each instrument: the last n given, stored before
 *     its order is published, so that a successor gives none twice.
 *   - decision_time is the exchange time of the tick that caused the order, received_ns its receive
 *     time, published_ns the time of asking; strategy is K + 1.
 *   - while the order ring is full it drains its events: whoever waits for it may wait for that.
 *   - a feed that is not whole is told in-band, by status ticks: nothing is asked for then.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <tickring.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INSTRUMENTS_MAX = 65536, BACKLOG_MAX = 4096, BATCH_MAX = 256, NUMBER_BITS = 26 };

struct instrument {
  uint64_t quotes;
  bool is_halted, is_venue_halted; /* each ends apart */
};

struct counts {
  uint64_t quotes, orders, acks, fills, shares, canceled, rejected, lost;
};

static struct worker {
  uint32_t number;
  uint64_t every;
  tickring_region control, numbers;
  tickring_consumer ticks, events;
  tickring_producer orders;
  uint32_t *asked; /* orders so far, by instrument: in `numbers` */
  struct instrument instruments[INSTRUMENTS_MAX];
  OrderEventRecord backlog[BACKLOG_MAX]; /* events drained while the order ring was full */
  size_t backlog_first, backlog_count;
  uint64_t session;
  uint64_t beat_ns;      /* when it last said that it lives, CLOCK_MONOTONIC */
  uint64_t reference_ns; /* when the tick before came in, or the ring had been polled empty */
  bool is_dated;         /* that is so: what is found at the start may be of any age */
  bool is_stale; /* the feed is not to be traded on */
  bool is_done;  /* asks for nothing more */
  struct counts counts;
} worker;

static volatile sig_atomic_t is_stopping;

static void stop(int signal) {
  (void)signal;
  is_stopping = 1;
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void beat(struct worker *self, uint64_t now) {
  self->beat_ns = now;
  tickring_consumer_beat(&self->ticks, now);
  tickring_consumer_beat(&self->events, now);
  tickring_producer_beat(&self->orders, now);
}

static void take_event(struct worker *self, const OrderEventRecord *event) {
  struct counts *counts = &self->counts;
  switch (event->kind) {
    case TICKWAY_EVENT_ACK: counts->acks += 1; break;
    case TICKWAY_EVENT_FILL:
      counts->fills += 1;
      counts->shares += event->quantity;
      break;
    case TICKWAY_EVENT_TRADE_BROKEN: counts->shares -= event->quantity; break;
    case TICKWAY_EVENT_CANCELED: counts->canceled += 1; break;
    case TICKWAY_EVENT_RISK_REJECT:
    case TICKWAY_EVENT_VENUE_REJECT:
    case TICKWAY_EVENT_UNSENT: counts->rejected += 1; break;
    case TICKWAY_EVENT_LOST: counts->lost += event->quantity; break;
    default: break;
  }
}

static void drain_events(struct worker *self) {
  while (self->backlog_count < BACKLOG_MAX) {
    size_t last = (self->backlog_first + self->backlog_count) % BACKLOG_MAX;
    if (!tickring_poll64(&self->events, &self->backlog[last])) return;
    self->backlog_count += 1;
  }
}

static bool poll_events(struct worker *self) {
  OrderEventRecord event;
  bool has_any = self->backlog_count > 0;
  for (; self->backlog_count > 0; self->backlog_count -= 1) {
    take_event(self, &self->backlog[self->backlog_first]);
    self->backlog_first = (self->backlog_first + 1) % BACKLOG_MAX;
  }
  for (int taken = 0; taken < BACKLOG_MAX && tickring_poll64(&self->events, &event); taken++) {
    take_event(self, &event);
    has_any = true;
  }
  return has_any;
}

/* Publishes, waiting for room as long as there is anybody to make some. */
static void publish(struct worker *self, const OrderRequestRecord *request) {
  bool is_counted = false;
  while (!tickring_publish64(&self->orders, request, 0)) {
    if (!is_counted) tickring_count_full(&self->orders);
    is_counted = true;
    if (is_stopping || tickring_control(&self->control, TICKRING_CONTROL_FAILED)) return;
    drain_events(self);
    beat(self, now_ns());
    sched_yield();
  }
  tickring_wake(&self->orders); /* two loads, unless the sender sleeps */
  self->counts.orders += 1;
}

/* When the packet came in: the commit word has the low bits of it, which come round every 68.7 s.
 * The time meant is the one nearest to when the tick before came in, or to when the ring was last
 * seen empty; not to now, since ticks may have waited for long. 0: not known. */
static uint64_t received_ns(struct worker *self, const tickring_tick *tick, uint64_t *now) {
  uint32_t stamp = (uint32_t)(tick->commit >> 32);
  int64_t ahead = (int32_t)(stamp - tickring_stamp(self->reference_ns));
  uint64_t received = (self->reference_ns & ~UINT64_C(15)) + (uint64_t)(ahead * 16);
  if (received > *now) *now = now_ns(); /* it came in after the batch's look at the clock */
  if (received > *now) return 0;
  self->reference_ns = received;
  return self->is_dated ? received : 0;
}

static void buy(struct worker *self, uint32_t instrument, const MarketDataRecord *ask,
                uint64_t received) {
  if (self->asked[instrument] >= (1u << NUMBER_BITS) - 1) return; /* no number is left */
  uint32_t number = self->number << NUMBER_BITS | ++self->asked[instrument];
  OrderRequestRecord request = {.decision_time = ask->timestamp,
                                .order_id = (uint64_t)instrument << 32 | number,
                                .price = ask->price,
                                .received_ns = received,
                                .published_ns = now_ns(),
                                .quantity = 100,
                                .action = TICKWAY_NEW,
                                .side = TICKWAY_BUY,
                                .time_in_force = TICKWAY_IOC,
                                .strategy = (uint8_t)(self->number + 1)};
  publish(self, &request);
}

static void take_quote(struct worker *self, uint32_t instrument, const MarketDataRecord *ask,
                       uint64_t received) {
  struct instrument *state = &self->instruments[instrument];
  self->counts.quotes += 1;
  state->quotes += 1;
  bool may_ask = !self->is_done && !self->is_stale && !state->is_halted && !state->is_venue_halted;
  if (may_ask && ask->quantity > 0 && state->quotes % self->every == 0)
    buy(self, instrument, ask, received);
}

static void take_status(struct worker *self, uint32_t instrument, uint32_t code) {
  struct instrument *state = &self->instruments[instrument];
  switch (code) {
    case TICKRING_STATUS_TRADING: state->is_halted = false; break;
    case TICKRING_STATUS_VENUE_TRADING: state->is_venue_halted = false; break;
    case TICKRING_STATUS_VENUE_HALTED: state->is_venue_halted = true; break;
    case TICKRING_STATUS_STALE: self->is_stale = true; break;
    case TICKRING_STATUS_DEGRADED: /* one line is live */
    case TICKRING_STATUS_RECOVERED: self->is_stale = false; break;
    case TICKRING_STATUS_GAP: /* a strategy that kept books would empty them */
    case TICKRING_STATUS_RESTART:
    case TICKRING_STATUS_INVALID_QUOTE: break;
    default: state->is_halted = true; /* what is not known is no reason to trade */
  }
}

static bool poll_ticks(struct worker *self) {
  tickring_tick tick;
  if (!tickring_poll(&self->ticks, &tick)) {
    self->reference_ns = self->beat_ns; /* what comes next was published after that */
    self->is_dated = true;
    return false;
  }
  uint64_t session = tickring_control(&self->control, TICKRING_CONTROL_SESSION);
  if (session != self->session) {
    self->session = session;
    self->is_stale = false;
    memset(self->instruments, 0, sizeof self->instruments);
  }
  uint64_t now = now_ns();
  beat(self, now);
  int taken = 0;
  do {
    MarketDataRecord record;
    memcpy(&record, tick.word, sizeof record);
    uint64_t received = received_ns(self, &tick, &now);
    uint32_t instrument = record.symbol_id >> 4, kind = record.symbol_id & 15;
    if (instrument >= INSTRUMENTS_MAX) continue;
    /* A quote is a bid and then an ask: what one thinks of it, one thinks at the ask. */
    if (kind == TICKRING_ASK) take_quote(self, instrument, &record, received);
    if (kind == TICKRING_STATUS) take_status(self, instrument, record.quantity);
  } while (++taken < BATCH_MAX && tickring_poll(&self->ticks, &tick));
  return true;
}

/* Says how far it is, and whether there is nothing left to do. */
static bool is_finished(struct worker *self) {
  /* Before the rings are looked at: what was published before these words is seen then. */
  bool has_fed = tickring_control(&self->control, TICKRING_CONTROL_INGEST_DONE) != 0;
  bool has_sent = tickring_control(&self->control, TICKRING_CONTROL_SENDER_DONE) != 0;
  uint32_t number = self->number;
  tickring_control_tell(&self->control, number, TICKRING_WORKER_REQUESTS, self->orders.next);
  tickring_control_tell(&self->control, number, TICKRING_WORKER_TICKS, self->ticks.next);
  if (!has_fed || !tickring_is_empty(&self->ticks)) return false;
  self->is_done = true;
  tickring_control_tell(&self->control, number, TICKRING_WORKER_DONE, 1);
  return has_sent && !poll_events(self);
}

static void run(struct worker *self) {
  const struct timespec nap = {.tv_nsec = 50000};
  for (uint64_t idle = 0; !is_stopping; idle++) {
    if (tickring_control(&self->control, TICKRING_CONTROL_FAILED)) return;
    bool has_ticks = poll_ticks(self);
    bool has_events = poll_events(self);
    if (!has_ticks && is_finished(self)) return;
    if (has_ticks || has_events) {
      idle = 0;
    } else if (idle < 1000) { /* on a core of its own it would go on like this for ever */
      tickring_pause();
    } else {
      beat(self, now_ns());
      nanosleep(&nap, NULL);
    }
  }
}

static void must(int error, const char *name, uint64_t owner) {
  if (!error) return;
  fprintf(stderr, "worker: %s: %s", name, tickring_error_text(error));
  if (owner) fprintf(stderr, " (pid %llu)", (unsigned long long)owner);
  fputc('\n', stderr);
  exit(1);
}

/* Attaches PREFIX.WHAT or PREFIX.WHAT.K, of the same build. Others have made it; only of its own
 * numbers is a worker the first. */
static const char *attach(const struct worker *self, char **arguments, const char *what,
                          uint32_t kind, tickring_region *region) {
  static char name[256];
  const char *directory = arguments[4] ? arguments[4] : "/dev/shm";
  if (kind == TICKRING_REGION_CONTROL) snprintf(name, sizeof name, "%s.%s", arguments[1], what);
  else snprintf(name, sizeof name, "%s.%s.%u", arguments[1], what, self->number);
  int error = tickring_attach(directory, name, kind, region);
  if (error == TICKRING_E_ABSENT && kind == TICKRING_REGION_STATE) {
    tickring_options options = {.kind = kind, .capacity = INSTRUMENTS_MAX * sizeof(uint32_t) / 64};
    error = tickring_create(directory, name, &options, region);
  }
  must(error, name, 0);
  if (!tickring_same_build(region, 0)) must(TICKRING_E_BUILD, name, 0);
  return name;
}

static void open_rings(struct worker *self, char **arguments) {
  tickring_region region;
  uint64_t owner = 0;
  const char *name = attach(self, arguments, "control", TICKRING_REGION_CONTROL, &self->control);
  if (self->control.capacity < TICKRING_CONTROL_LINES) must(TICKRING_E_SIZE, name, 0);
  name = attach(self, arguments, "ticks", TICKRING_REGION_TICKS, &region);
  must(tickring_consumer_open(&region, &self->ticks, &owner), name, owner);
  self->beat_ns = self->reference_ns = now_ns();
  self->is_dated = tickring_is_empty(&self->ticks);
  name = attach(self, arguments, "events", TICKRING_REGION_EVENTS, &region);
  must(tickring_consumer_open(&region, &self->events, &owner), name, owner);
  name = attach(self, arguments, "orders", TICKRING_REGION_ORDERS, &region);
  must(tickring_producer_open(&region, &self->orders, &owner), name, owner);
  name = attach(self, arguments, "numbers", TICKRING_REGION_STATE, &self->numbers);
  must(tickring_claim_role(&self->numbers, TICKRING_PRODUCER, &owner), name, owner);
  if (self->numbers.capacity * 64 < INSTRUMENTS_MAX * sizeof(uint32_t))
    must(TICKRING_E_SIZE, name, 0);
  self->asked = (uint32_t *)(void *)self->numbers.body;
  /* A predecessor may have been done; this one is not yet. */
  tickring_control_tell(&self->control, self->number, TICKRING_WORKER_DONE, 0);
}

/* Digits and nothing else: strtoull takes a sign, and stops at what it does not know. */
static bool is_number(const char *text, uint64_t *number) {
  char *end;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

int main(int argc, char **argv) {
  uint64_t number = 0;
  if (argc < 4 || argc > 5) {
    fputs("usage: worker PREFIX K EVERY [DIRECTORY]\n", stderr);
    return 64;
  }
  bool is_understood = is_number(argv[2], &number) && is_number(argv[3], &worker.every);
  if (!is_understood || number >= TICKRING_CONTROL_WORKERS_MAX || worker.every == 0) {
    fputs("worker: K is from 0 to 47, EVERY at least 1\n", stderr);
    return 64;
  }
  worker.number = (uint32_t)number;
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  open_rings(&worker, argv);
  run(&worker);
  tickring_control_tell(&worker.control, worker.number, TICKRING_WORKER_DONE, 1);
  const struct counts *counts = &worker.counts;
  printf("%llu quotes, %llu orders: %llu acks, %llu fills of %llu shares, %llu canceled,"
         " %llu rejected, %llu events lost\n",
         (unsigned long long)counts->quotes, (unsigned long long)counts->orders,
         (unsigned long long)counts->acks, (unsigned long long)counts->fills,
         (unsigned long long)counts->shares, (unsigned long long)counts->canceled,
         (unsigned long long)counts->rejected, (unsigned long long)counts->lost);
  return 0;
}
