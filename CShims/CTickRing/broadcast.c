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

int tickring_writer_open(tickring_region *region, tickring_writer *writer, uint64_t *owner_pid) {
  int error = is_broadcast(region) ? tickring_claim_role(region, TICKRING_PRODUCER, owner_pid)
                                   : TICKRING_E_KIND;
  if (error) {
    tickring_detach(region);
    return error;
  }
  uint64_t mask = region->capacity - 1;
  uint64_t next = tickring_load_acquire(&region->header->tail); /* SHARE */
  /* A predecessor may have died between a record's word and the tail: observers have seen it. */
  for (uint64_t count = 0; count < TICKRING_TAIL_COUNT && count <= mask; count++) {
    const tickring_slot32 *slot = tickring_slot32_at(region->body, mask, next);
    if ((uint32_t)tickring_load_acquire(&slot->word) != (uint32_t)(next + 1)) break;
    next += 1;
  }
  uint64_t stretch = region->capacity / 4;
  if (stretch > TICKRING_STRETCH_MAX) stretch = TICKRING_STRETCH_MAX;
  if (stretch < TICKRING_STRETCH_MIN) stretch = 1;
  tickring_store_release(&region->header->tail, next); /* SHARE */
  writer->slots = region->body;
  writer->mask = mask;
  writer->next = next;
  writer->stretch = stretch;
  /* What a predecessor announced and may have begun stays announced, if it makes sense. */
  writer->announced = tickring_load_acquire(&region->header->ahead); /* SHARE */
  if (writer->announced - next > writer->stretch) writer->announced = next;
  writer->header = region->header;
  writer->region = take(region);
  return TICKRING_OK;
}

static uint64_t start_of(const tickring_region *region, enum tickring_start start) {
  uint64_t tail = tickring_load_acquire(&region->header->tail); /* SHARE */
  uint64_t ahead = tickring_load_acquire(&region->header->ahead); /* SHARE */
  uint64_t oldest = ahead < region->capacity ? 0 : ahead - region->capacity;
  switch (start) {
    case TICKRING_START_OLDEST: return oldest < tail ? oldest : tail;
    case TICKRING_START_NEXT: return tail;
    default: return tail == 0 ? 0 : tail - 1;
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
  observer->seen = 0;
  observer->lost = 0;
  observer->header = region->header;
  observer->region = take(region);
  return TICKRING_OK;
}

void tickring_writer_close(tickring_writer *writer) { tickring_detach(&writer->region); }
void tickring_observer_close(tickring_observer *observer) { tickring_detach(&observer->region); }
