/* calls.c: the hot path behind ordinary functions: see tickring_calls.h. */
#include "tickring.h"

#include <stdlib.h>
#include <string.h>

int tickring_make(const char *directory, const char *name, uint32_t kind, uint64_t capacity) {
  tickring_options options;
  tickring_region region;
  memset(&options, 0, sizeof options);
  options.kind = kind;
  options.capacity = capacity;
  int error = tickring_create(directory, name, &options, &region);
  tickring_detach(&region);
  return error;
}

/* What `error` says is what the caller gets: the endpoint, or NULL and nothing left over. */
static void *or_null(void *endpoint, int error) {
  if (!error) return endpoint;
  free(endpoint);
  return NULL;
}

/* A region of its own for an endpoint; a kind whose slots are others is refused. */
static int duplicate(const tickring_region *region, uint32_t kind, tickring_region *copy) {
  return region->kind == kind ? tickring_duplicate(region, copy) : TICKRING_E_KIND;
}

/* Takes `region` over. */
static tickring_producer *producer_of(tickring_region *region, int *error, uint64_t *owner_pid) {
  tickring_producer *producer = (tickring_producer *)calloc(1, sizeof *producer);
  if (producer != NULL) {
    *error = tickring_producer_open(region, producer, owner_pid);
  } else {
    tickring_detach(region);
    *error = TICKRING_E_FULL;
  }
  return (tickring_producer *)or_null(producer, *error);
}

tickring_producer *tickring_producer_new(const char *directory, const char *name, int *error,
                                         uint64_t *owner_pid) {
  tickring_region region;
  *error = tickring_attach(directory, name, TICKRING_REGION_TICKS, &region);
  return *error ? NULL : producer_of(&region, error, owner_pid);
}

tickring_producer *tickring_producer_from(const tickring_region *region, int *error,
                                          uint64_t *owner_pid) {
  tickring_region copy;
  *error = duplicate(region, TICKRING_REGION_TICKS, &copy);
  return *error ? NULL : producer_of(&copy, error, owner_pid);
}

/* Takes `region` over. */
static tickring_consumer *consumer_of(tickring_region *region, int *error, uint64_t *owner_pid) {
  tickring_consumer *consumer = (tickring_consumer *)calloc(1, sizeof *consumer);
  if (consumer != NULL) {
    *error = tickring_consumer_open(region, consumer, owner_pid);
  } else {
    tickring_detach(region);
    *error = TICKRING_E_FULL;
  }
  return (tickring_consumer *)or_null(consumer, *error);
}

tickring_consumer *tickring_consumer_new(const char *directory, const char *name, int *error,
                                         uint64_t *owner_pid) {
  tickring_region region;
  *error = tickring_attach(directory, name, TICKRING_REGION_TICKS, &region);
  return *error ? NULL : consumer_of(&region, error, owner_pid);
}

tickring_consumer *tickring_consumer_from(const tickring_region *region, int *error,
                                          uint64_t *owner_pid) {
  tickring_region copy;
  *error = duplicate(region, TICKRING_REGION_TICKS, &copy);
  return *error ? NULL : consumer_of(&copy, error, owner_pid);
}

/* Takes `region` over. */
static tickring_writer *writer_of(tickring_region *region, int *error, uint64_t *owner_pid) {
  tickring_writer *writer = (tickring_writer *)calloc(1, sizeof *writer);
  if (writer != NULL) {
    *error = tickring_writer_open(region, writer, owner_pid);
  } else {
    tickring_detach(region);
    *error = TICKRING_E_FULL;
  }
  return (tickring_writer *)or_null(writer, *error);
}

tickring_writer *tickring_writer_new(const char *directory, const char *name, int *error,
                                         uint64_t *owner_pid) {
  tickring_region region;
  *error = tickring_attach(directory, name, TICKRING_REGION_BROADCAST, &region);
  return *error ? NULL : writer_of(&region, error, owner_pid);
}

tickring_writer *tickring_writer_from(const tickring_region *region, int *error,
                                          uint64_t *owner_pid) {
  tickring_region copy;
  *error = duplicate(region, TICKRING_REGION_BROADCAST, &copy);
  return *error ? NULL : writer_of(&copy, error, owner_pid);
}

static tickring_observer *observer_of(tickring_region *region, enum tickring_start start,
                                      int *error) {
  tickring_observer *observer = (tickring_observer *)calloc(1, sizeof *observer);
  if (observer != NULL) {
    *error = tickring_observer_open(region, start, observer);
  } else {
    tickring_detach(region);
    *error = TICKRING_E_FULL;
  }
  return (tickring_observer *)or_null(observer, *error);
}

tickring_observer *tickring_observer_new(const char *directory, const char *name,
                                         enum tickring_start start, int *error) {
  tickring_region region;
  *error = tickring_attach_reader(directory, name, TICKRING_REGION_BROADCAST, &region);
  return *error ? NULL : observer_of(&region, start, error);
}

tickring_observer *tickring_observer_from(const tickring_region *region,
                                          enum tickring_start start, int *error) {
  tickring_region copy;
  *error = duplicate(region, TICKRING_REGION_BROADCAST, &copy);
  return *error ? NULL : observer_of(&copy, start, error);
}

static tickring_region *kept(const tickring_region *region, int *error) {
  tickring_region *own = (tickring_region *)malloc(sizeof *own);
  if (*error == TICKRING_OK && own != NULL) {
    *own = *region;
    return own;
  }
  if (*error == TICKRING_OK) {
    tickring_region given = *region;
    tickring_detach(&given);
    *error = TICKRING_E_FULL;
  }
  free(own);
  return NULL;
}

tickring_region *tickring_region_sealed(uint32_t kind, uint64_t capacity, int *error) {
  tickring_options options;
  tickring_region region;
  memset(&options, 0, sizeof options);
  options.kind = kind;
  options.capacity = capacity;
  *error = tickring_create_sealed(&options, &region);
  return kept(&region, error);
}

tickring_region *tickring_region_receive(int socket, uint32_t kind, int *error) {
  tickring_region region;
  *error = tickring_receive(socket, kind, &region);
  return kept(&region, error);
}

void tickring_region_free(tickring_region *region) {
  if (region != NULL) tickring_detach(region);
  free(region);
}

/* What the guard knows a region by. */
static tickring_region region_at(const void *memory, uint64_t bytes) {
  tickring_region region;
  memset(&region, 0, sizeof region);
  region.header = (tickring_header *)(uintptr_t)memory;
  region.bytes = bytes;
  return region;
}

int tickring_guard_memory(const void *memory, uint64_t bytes) {
  tickring_region region = region_at(memory, bytes);
  int error = tickring_guard_install();
  return error ? error : tickring_guard(&region);
}

void tickring_unguard_memory(const void *memory) {
  tickring_region region = region_at(memory, 0);
  tickring_unguard(&region);
}

bool tickring_memory_is_lost(const void *memory) {
  tickring_region region = region_at(memory, 0);
  return tickring_is_lost(&region);
}

const tickring_region *tickring_producer_region(const tickring_producer *producer) {
  return &producer->region;
}

const tickring_region *tickring_consumer_region(const tickring_consumer *consumer) {
  return &consumer->region;
}

const tickring_region *tickring_writer_region(const tickring_writer *writer) {
  return &writer->region;
}

const tickring_region *tickring_observer_region(const tickring_observer *observer) {
  return &observer->region;
}

void tickring_producer_free(tickring_producer *producer) {
  if (producer != NULL) tickring_producer_close(producer);
  free(producer);
}

void tickring_consumer_free(tickring_consumer *consumer) {
  if (consumer != NULL) tickring_consumer_close(consumer);
  free(consumer);
}

void tickring_observer_free(tickring_observer *observer) {
  if (observer != NULL) tickring_observer_close(observer);
  free(observer);
}

void tickring_writer_free(tickring_writer *writer) {
  if (writer != NULL) tickring_writer_close(writer);
  free(writer);
}

static tickring_words words_of(const MarketDataRecord *record) {
  tickring_words words;
  memcpy(words.word, record, sizeof words.word);
  return words;
}

static void give(const tickring_tick *tick, MarketDataRecord *record, uint32_t *received,
                 size_t index) {
  memcpy(&record[index], tick->word, sizeof tick->word);
  if (received != NULL) received[index] = (uint32_t)(tick->commit >> 32);
}

size_t tickring_publish_many(tickring_producer *producer, const MarketDataRecord *records,
                             size_t count, uint32_t received_16ns) {
  size_t done = 0;
  while (done < count && tickring_publish(producer, words_of(&records[done]), received_16ns))
    done += 1;
  if (done < count) tickring_count_full(producer);
  (void)tickring_wake(producer);
  return done;
}

size_t tickring_poll_many(tickring_consumer *consumer, MarketDataRecord *records,
                          uint32_t *received, size_t most) {
  tickring_tick tick;
  size_t done = 0;
  for (; done < most && tickring_poll(consumer, &tick); done++)
    give(&tick, records, received, done);
  return done;
}

void tickring_broadcast_many(tickring_writer *writer, const MarketDataRecord *records,
                             size_t count, uint32_t received_16ns) {
  for (size_t index = 0; index < count; index++)
    tickring_broadcast(writer, words_of(&records[index]), received_16ns);
}

size_t tickring_observe_many(tickring_observer *observer, MarketDataRecord *records,
                             uint32_t *received, size_t most) {
  tickring_tick tick;
  size_t done = 0;
  for (; done < most && tickring_observe(observer, &tick); done++)
    give(&tick, records, received, done);
  return done;
}

void tickring_observer_counts(const tickring_observer *observer, uint64_t counts[3]) {
  counts[0] = observer->next;
  counts[1] = tickring_observer_seen(observer);
  counts[2] = observer->lost;
}

int tickring_wait_for(tickring_consumer *consumer, uint32_t policy, uint64_t timeout_ns) {
  tickring_wait_options options;
  memset(&options, 0, sizeof options);
  options.policy = policy;
  options.timeout_ns = timeout_ns;
  return (int)tickring_wait(consumer, &options);
}
