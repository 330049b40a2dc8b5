/* broadcast.c: opening and closing the ends of broadcast rings. Cold: at start and end only. */
#include "tickring.h"

#include <string.h>

static bool is_broadcast(const tickring_region *region) {
  return region->kind == TICKRING_REGION_BROADCAST;
}

/* The endpoint owns the region now: what the caller holds detaches nothing. */
static tickring_region take(tickring_region *region) {
  tickring_region taken = *region;
  memset(region, 0, sizeof *region);
  region->fd = -1;
  return taken;
}

static bool is_written(const tickring_region *region, uint64_t sequence) {
  const tickring_slot32 *slot = tickring_slot32_at(region->body, region->capacity - 1, sequence);
  uint64_t word = tickring_load_acquire(&slot->word); /* PUBLISH */
  return (uint32_t)word == (uint32_t)(sequence + 1);
}

/* What is written after the tail is one run of slots, whose end is found by halving. A writer that
 * goes round meanwhile takes the run away, and has told another tail by then. */
uint64_t tickring_written(const tickring_region *region) {
  uint64_t tail = tickring_load_acquire(&region->header->tail); /* SHARE */
  uint64_t least = 0, most = tickring_stretch_of(region->capacity);
  while (least < most) {
    uint64_t middle = least + (most - least) / 2;
    if (is_written(region, tail + middle)) least = middle + 1;
    else most = middle;
  }
  uint64_t later = tickring_load_acquire(&region->header->tail); /* SHARE */
  return later - tail > least ? later : tail + least;
}

int tickring_writer_open(tickring_region *region, tickring_writer *writer, uint64_t *owner_pid) {
  int error = is_broadcast(region) ? tickring_claim_role(region, TICKRING_PRODUCER, owner_pid)
                                   : TICKRING_E_KIND;
  if (error) {
    tickring_detach(region);
    return error;
  }
  uint64_t next = tickring_written(region);
  tickring_store_release(&region->header->tail, next); /* SHARE */
  writer->slots = region->body;
  writer->mask = region->capacity - 1;
  writer->next = next;
  writer->stretch = tickring_stretch_of(region->capacity);
  /* What a predecessor announced and may have begun stays announced, if it makes sense. */
  writer->announced = tickring_load_acquire(&region->header->ahead); /* SHARE */
  if (writer->announced - next > writer->stretch) writer->announced = next;
  writer->header = region->header;
  writer->region = take(region);
  return TICKRING_OK;
}

static uint64_t start_of(const tickring_region *region, enum tickring_start start) {
  uint64_t written = tickring_written(region);
  uint64_t ahead = tickring_load_acquire(&region->header->ahead); /* SHARE */
  uint64_t oldest = ahead < region->capacity ? 0 : ahead - region->capacity;
  switch (start) {
    case TICKRING_START_OLDEST: return oldest < written ? oldest : written;
    case TICKRING_START_NEXT: return written;
    default: return written == 0 ? 0 : written - 1;
  }
}

int tickring_observer_open(tickring_region *region, enum tickring_start start,
                           tickring_observer *observer) {
  if (!is_broadcast(region)) {
    tickring_detach(region);
    return TICKRING_E_KIND;
  }
  observer->slots = region->body;
  observer->mask = region->capacity - 1;
  observer->start = start_of(region, start);
  observer->next = observer->start;
  observer->vouched = observer->next;
  observer->eager_end = observer->next;
  observer->stretch = tickring_stretch_of(region->capacity);
  observer->lost = 0;
  observer->header = region->header;
  observer->region = take(region);
  return TICKRING_OK;
}

void tickring_writer_close(tickring_writer *writer) { tickring_detach(&writer->region); }
void tickring_observer_close(tickring_observer *observer) { tickring_detach(&observer->region); }
