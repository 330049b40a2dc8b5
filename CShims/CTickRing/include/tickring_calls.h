/* tickring_calls.h: the hot path as ordinary functions, for languages that cannot inline C.
 *
 * Each call moves many records, so that the cost of calling is paid once a batch. Endpoints are
 * made on the heap and addressed by pointer, so that no other language needs their layout. The
 * contracts are those of tickring_queue.h and tickring_broadcast.h.
 */
#ifndef TICKRING_CALLS_H
#define TICKRING_CALLS_H

#include "tickring_broadcast.h"
#include "tickring_wait.h"

#if defined(__cplusplus)
extern "C" {
#endif

/* Creates a region and detaches from it. */
int tickring_make(const char *directory, const char *name, uint32_t kind, uint64_t capacity);

/* Attach a tick queue or broadcast ring and open an end of it: NULL on failure, with the reason in
 * `error` and the holder of a taken role in `owner_pid`. Ended by tickring_*_free. */
tickring_producer *tickring_producer_new(const char *directory, const char *name, int *error,
                                         uint64_t *owner_pid);
tickring_consumer *tickring_consumer_new(const char *directory, const char *name, int *error,
                                         uint64_t *owner_pid);
tickring_observer *tickring_observer_new(const char *directory, const char *name,
                                         enum tickring_start start, int *error);
tickring_writer *tickring_writer_new(const char *directory, const char *name, int *error,
                                     uint64_t *owner_pid);

/* A sealed region (tickring_share.h), made or taken over from the peer of a connected UNIX socket;
 * NULL and `error` if that fails. tickring_send hands it on. */
tickring_region *tickring_region_sealed(uint32_t kind, uint64_t capacity, int *error);
tickring_region *tickring_region_receive(int socket, uint32_t kind, int *error);
void tickring_region_free(tickring_region *region);
/* An endpoint of an attached region, which stays the caller's. */
tickring_producer *tickring_producer_from(const tickring_region *region, int *error,
                                          uint64_t *owner_pid);
tickring_consumer *tickring_consumer_from(const tickring_region *region, int *error,
                                          uint64_t *owner_pid);
tickring_observer *tickring_observer_from(const tickring_region *region,
                                          enum tickring_start start, int *error);
tickring_writer *tickring_writer_from(const tickring_region *region, int *error,
                                      uint64_t *owner_pid);

/* The guard of tickring_share.h for a mapping made elsewhere; it is not to outlive it. */
int tickring_guard_memory(const void *memory, uint64_t bytes);
void tickring_unguard_memory(const void *memory);
bool tickring_memory_is_lost(const void *memory);
/* An endpoint's region, to guard it; as long as the endpoint. */
const tickring_region *tickring_producer_region(const tickring_producer *producer);
const tickring_region *tickring_consumer_region(const tickring_consumer *consumer);
const tickring_region *tickring_writer_region(const tickring_writer *writer);
const tickring_region *tickring_observer_region(const tickring_observer *observer);

void tickring_producer_free(tickring_producer *producer);
void tickring_consumer_free(tickring_consumer *consumer);
void tickring_observer_free(tickring_observer *observer);
void tickring_writer_free(tickring_writer *writer);

/* Publishes records until the ring is full, which it counts, and wakes a sleeping consumer. How
 * many. */
size_t tickring_publish_many(tickring_producer *producer, const MarketDataRecord *records,
                             size_t count, uint32_t received_16ns);
/* Takes up to `most` records. `received` may be NULL; else it gets each one's receive stamp. */
size_t tickring_poll_many(tickring_consumer *consumer, MarketDataRecord *records,
                          uint32_t *received, size_t most);
void tickring_broadcast_many(tickring_writer *writer, const MarketDataRecord *records,
                             size_t count, uint32_t received_16ns);
size_t tickring_observe_many(tickring_observer *observer, MarketDataRecord *records,
                             uint32_t *received, size_t most);
/* Sequence of the next record, records taken, records lost. */
void tickring_observer_counts(const tickring_observer *observer, uint64_t counts[3]);
/* tickring_wait with a policy and a time alone; 0: without end. */
int tickring_wait_for(tickring_consumer *consumer, uint32_t policy, uint64_t timeout_ns);

#if defined(__cplusplus)
}
#endif

#endif
