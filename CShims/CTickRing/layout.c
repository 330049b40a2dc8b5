/* layout.c: what a region of each kind looks like, and whether a header says so. */
#include "internal.h"

uint32_t tickring_internal_slot_bytes(uint32_t kind) {
  switch (kind) {
    case TICKRING_REGION_TICKS:
    case TICKRING_REGION_BROADCAST:
    case TICKRING_REGION_DIRECTORY: return 32;
    case TICKRING_REGION_ORDERS:
    case TICKRING_REGION_EVENTS:
    case TICKRING_REGION_BOARD:
    case TICKRING_REGION_CONTROL:
    case TICKRING_REGION_POOL:
    case TICKRING_REGION_POSITIONS:
    case TICKRING_REGION_GATE:
    case TICKRING_REGION_LEDGER:
    case TICKRING_REGION_METRICS:
    case TICKRING_REGION_STATE: return 64;
    default: return 0;
  }
}

/* FNV-1a over what a reader must agree on to read a record of this kind. */
uint64_t tickring_internal_layout_hash(uint32_t kind) {
  const char *layout;
  switch (kind) {
    case TICKRING_REGION_TICKS: layout = "ticks:u64@0,u32@8,f64@12,u32@20,word@24"; break;
    case TICKRING_REGION_ORDERS:
      layout = "orders:u64@0,u64@8,u64@16,f64@24,u64@32,u64@40,u32@48,u8x4@52,word@56";
      break;
    case TICKRING_REGION_EVENTS:
      layout = "events:u64@0,u64@8,u64@16,f64@24,f64@32,f64@40,u32@48,u8x4@52,word@56";
      break;
    case TICKRING_REGION_DIRECTORY: layout = "directory:1"; break;
    case TICKRING_REGION_BOARD: layout = "board:1"; break;
    case TICKRING_REGION_CONTROL: layout = "control:1"; break;
    case TICKRING_REGION_POOL: layout = "pool:1"; break;
    case TICKRING_REGION_POSITIONS: layout = "positions:1"; break;
    case TICKRING_REGION_GATE: layout = "gate:1"; break;
    case TICKRING_REGION_LEDGER: layout = "ledger:1"; break;
    case TICKRING_REGION_BROADCAST:
      layout = "broadcast:u64@0,u32@8,f64@12,u32@20,word@24,tail@512/stretch,ahead@640";
      break;
    case TICKRING_REGION_STATE: layout = "state:1"; break;
    default: layout = "metrics:2"; break;
  }
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (const char *at = layout; *at != '\0'; at++)
    hash = (hash ^ (uint64_t)(unsigned char)*at) * UINT64_C(0x100000001B3);
  return hash;
}

uint64_t tickring_internal_region_bytes(uint32_t kind, uint64_t capacity, uint64_t page_bytes) {
  uint64_t bytes = TICKRING_HEADER_BYTES + capacity * tickring_internal_slot_bytes(kind);
  uint64_t unit = page_bytes != 0 ? page_bytes : 4096;
  return (bytes + unit - 1) & ~(unit - 1);
}

static bool is_page_size(uint64_t bytes) {
  bool is_power = bytes >= 4096 && (bytes & (bytes - 1)) == 0;
  return bytes == 0 || (is_power && bytes <= TICKRING_PAGE_BYTES_MAX);
}

/* In a broadcast ring of one slot, to announce a record would take away the only one there is. */
bool tickring_internal_is_capacity(uint32_t kind, uint64_t capacity) {
  uint64_t least = kind == TICKRING_REGION_BROADCAST ? 2 : 1;
  return capacity >= least && capacity <= TICKRING_CAPACITY_MAX && (capacity & (capacity - 1)) == 0;
}

bool tickring_internal_is_ring(uint32_t kind) {
  return kind == TICKRING_REGION_TICKS || kind == TICKRING_REGION_ORDERS ||
         kind == TICKRING_REGION_EVENTS;
}

/* Every field is compared with what it must be; nothing of the header is used unchecked. */
int tickring_internal_check_header(const tickring_header *header, uint32_t kind,
                                   uint64_t file_bytes, tickring_geometry *geometry) {
  if (tickring_load_acquire(&header->magic) != TICKRING_MAGIC) /* SHARE */
    return TICKRING_E_NOT_A_REGION;
  if (header->version != TICKRING_VERSION) return TICKRING_E_VERSION;
  if (header->kind != kind || tickring_internal_slot_bytes(kind) == 0) return TICKRING_E_KIND;
  if (header->header_bytes != TICKRING_HEADER_BYTES ||
      header->slot_bytes != tickring_internal_slot_bytes(kind) ||
      header->layout_hash != tickring_internal_layout_hash(kind))
    return TICKRING_E_LAYOUT;
  /* Read once: what is checked is what is used. */
  uint64_t slots = tickring_load_relaxed(&header->capacity);
  uint64_t page_bytes = tickring_load_relaxed(&header->page_bytes);
  if (!tickring_internal_is_capacity(kind, slots) || !is_page_size(page_bytes))
    return TICKRING_E_LAYOUT;
  uint64_t bytes = tickring_internal_region_bytes(kind, slots, page_bytes);
  if (header->region_bytes != bytes || file_bytes != bytes) return TICKRING_E_SIZE;
  geometry->capacity = slots;
  geometry->bytes = bytes;
  geometry->page_bytes = page_bytes;
  return TICKRING_OK;
}
