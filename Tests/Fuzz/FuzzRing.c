/* FuzzRing.c: attaches regions that lie, and uses those that were accepted while a peer goes on
 * lying. Each call must end in as many steps as it promises, inside the mapping: around it lies
 * memory without rights, and what is mapped behind the last slot is poisoned for ASan.
 *
 * Link with -Wl,--wrap=mmap,--wrap=munmap.
 */
#include "FuzzRing.h"

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARGIN ((size_t)65536)

void *__real_mmap(void *address, size_t bytes, int rights, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t bytes);
void *__wrap_mmap(void *address, size_t bytes, int rights, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t bytes);

static unsigned char *walled[64];

static size_t whole_pages(size_t bytes) { return (bytes + 4095) & ~(size_t)4095; }

/* Shared mappings of files, which are the regions, get a wall on either side. */
void *__wrap_mmap(void *address, size_t bytes, int rights, int flags, int fd, off_t offset) {
  if (fd < 0 || address != NULL || (flags & MAP_SHARED) == 0)
    return __real_mmap(address, bytes, rights, flags, fd, offset);
  size_t all = whole_pages(bytes) + 2 * MARGIN, index = 0;
  int reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  unsigned char *wall = (unsigned char *)__real_mmap(NULL, all, PROT_NONE, reserve, -1, 0);
  if ((void *)wall == MAP_FAILED) return MAP_FAILED;
  void *inside = __real_mmap(wall + MARGIN, bytes, rights, flags | MAP_FIXED, fd, offset);
  if (inside == MAP_FAILED) {
    __real_munmap(wall, all);
    return MAP_FAILED;
  }
  while (index < 63 && walled[index] != NULL) index++;
  walled[index] = wall + MARGIN;
  return inside;
}

int __wrap_munmap(void *address, size_t bytes) {
  for (size_t index = 0; index < 64 && address != NULL; index++) {
    if (walled[index] != address) continue;
    walled[index] = NULL;
    ASAN_UNPOISON_MEMORY_REGION(address, bytes);
    return __real_munmap((unsigned char *)address - MARGIN, whole_pages(bytes) + 2 * MARGIN);
  }
  return __real_munmap(address, bytes);
}

static void must(int condition, const char *claim) {
  if (condition) return;
  fprintf(stderr, "ring: not so: %s\n", claim);
  abort();
}

static const char *folder(void) {
  static char path[64];
  if (path[0] != '\0') return path;
  const char *base = getenv("TICKWAY_FUZZ_FOLDER");
  snprintf(path, sizeof path, "%s", base != NULL ? base : "/dev/shm");
  return path;
}

static const char *name_of_file(void) {
  static char name[64];
  if (name[0] == '\0') snprintf(name, sizeof name, "tickring-fuzz-%ld", (long)getpid());
  return name;
}

static void change(unsigned char *memory, uint64_t bytes, const fuzz_case *one, uint8_t when) {
  for (uint32_t index = 0; index < one->count; index++) {
    const fuzz_change *each = &one->changes[index];
    uint64_t offset = each->offset % bytes;
    uint64_t width = each->width < bytes - offset ? each->width : bytes - offset;
    if (each->when == when) memcpy(memory + offset, &each->value, width);
  }
}

/* What lies between the last slot and the end of its page is mapped, and nobody's. */
static void poison_slack(const tickring_region *region) {
  unsigned char *end = region->body + region->capacity * region->slot_bytes;
  uint64_t bytes = region->bytes - (uint64_t)(end - (unsigned char *)region->header);
  ASAN_POISON_MEMORY_REGION(end, bytes);
  (void)end;
  (void)bytes;
}

/* A peer's hand in the file, of its own: nothing that it does there is checked. */
typedef struct peer {
  const fuzz_case *one;
  tickring_region region;
  unsigned char *copy;
} peer;

static void lie(peer *liar, uint8_t when) {
  uint64_t bytes = TICKRING_HEADER_BYTES + liar->region.capacity * liar->region.slot_bytes;
  change((unsigned char *)liar->region.header, bytes, liar->one, when);
}

static void use_producer(tickring_producer *producer) {
  const uint64_t record[7] = {1, 2, 3, 4, 5, 6, 7};
  uint64_t capacity = producer->mask + 1, done = 0;
  bool is_64 = producer->region.slot_bytes == 64;
  while (is_64 ? tickring_publish64(producer, record, 1)
               : tickring_publish(producer, tickring_words_of(1, 2, 3, 4), 1))
    must(++done <= 3 * capacity, "a lap, and one more for each line of the consumer's that lies");
  tickring_count_full(producer);
  if (!is_64) (void)tickring_publish_pair(producer, tickring_words_of(1, 2, 3, 4),
                                          tickring_words_of(1, 2, 3, 4), 1);
  uint64_t granted = tickring_claim(producer, UINT64_MAX);
  must(granted <= capacity, "no more is granted than there are slots");
  for (uint64_t i = 0; i < granted; i++) {
    if (is_64) tickring_set64(producer, i, record);
    else tickring_set(producer, i, tickring_words_of(1, 2, 3, 4));
  }
  if (is_64) tickring_commit64(producer, granted, 1);
  else tickring_commit(producer, granted, 1);
  (void)tickring_wake(producer);
}

static void use_consumer(tickring_consumer *consumer) {
  tickring_wait_options wait = {TICKRING_WAIT_SLEEP, 1, 1, false, 1, 1};
  uint64_t capacity = consumer->mask + 1, record[7];
  tickring_tick tick;
  bool is_64 = consumer->region.slot_bytes == 64;
  (void)tickring_is_empty(consumer);
  for (uint64_t turn = 0; turn < capacity / 2; turn++)
    (void)(is_64 ? tickring_poll64(consumer, record) : tickring_poll(consumer, &tick));
  uint64_t found = is_64 ? tickring_peek64(consumer, UINT64_MAX)
                         : tickring_peek(consumer, UINT64_MAX);
  must(found <= capacity, "no more is found than there are slots");
  for (uint64_t i = 0; i < found; i++) {
    if (is_64) memcpy(record, tickring_peeked64(consumer, i)->record, sizeof record);
    else memcpy(tick.word, tickring_peeked(consumer, i)->record, sizeof tick.word);
  }
  tickring_advance(consumer, found / 2);
  (void)tickring_wait(consumer, &wait);
  (void)tickring_wait_announce(consumer, false);
}

static void use_queue(peer *liar) {
  tickring_producer producer;
  tickring_consumer consumer;
  tickring_region first, second, third;
  uint64_t owner = 0;
  must(tickring_duplicate(&liar->region, &first) == TICKRING_OK, "it is attached again");
  must(tickring_duplicate(&liar->region, &second) == TICKRING_OK, "and again");
  must(tickring_duplicate(&liar->region, &third) == TICKRING_OK, "and again");
  poison_slack(&first);
  poison_slack(&second);
  must(tickring_producer_open(&first, &producer, NULL) == TICKRING_OK, "a free role is given");
  must(tickring_consumer_open(&second, &consumer, NULL) == TICKRING_OK, "the other too");
  must(tickring_claim_role(&third, TICKRING_PRODUCER, &owner) == TICKRING_E_ROLE_TAKEN, "once");
  for (uint8_t when = 1; when < 3; when++) {
    lie(liar, when);
    use_consumer(&consumer);
    use_producer(&producer);
    lie(liar, when);
    use_producer(&producer);
    use_consumer(&consumer);
  }
  tickring_detach(&third);
  tickring_producer_close(&producer);
  tickring_consumer_close(&consumer);
  /* A successor may be refused by now; if not, it takes over. */
  if (tickring_duplicate(&liar->region, &first) != TICKRING_OK) return;
  must(tickring_producer_open(&first, &producer, NULL) == TICKRING_OK, "a role is free again");
  use_producer(&producer);
  tickring_producer_close(&producer);
}

static void use_observer(tickring_observer *observer) {
  tickring_tick tick;
  uint64_t before = tickring_observer_seen(observer), taken = 0;
  for (uint64_t turn = 0; turn < 2 * observer->mask + 4; turn++)
    taken += tickring_observe(observer, &tick);
  must(tickring_observer_seen(observer) == before + taken, "losses are exact");
}

static void use_broadcast(peer *liar) {
  tickring_writer writer;
  tickring_observer observers[3];
  tickring_region region;
  for (int start = 0; start < 3; start++) {
    int error = tickring_attach_reader(folder(), name_of_file(), liar->one->kind_asked, &region);
    must(error == TICKRING_OK, "a reader attaches");
    poison_slack(&region);
    error = tickring_observer_open(&region, (enum tickring_start)start, &observers[start]);
    must(error == TICKRING_OK, "an observer is let in");
  }
  must(tickring_duplicate(&liar->region, &region) == TICKRING_OK, "it is attached again");
  poison_slack(&region);
  must(tickring_writer_open(&region, &writer, NULL) == TICKRING_OK, "a free role is given");
  for (uint8_t when = 1; when < 3; when++) {
    for (int start = 0; start < 3; start++) use_observer(&observers[start]);
    lie(liar, when);
    for (uint64_t turn = 0; turn < writer.mask + 3; turn++)
      tickring_broadcast(&writer, tickring_words_of(1, 2, 3, 4), 1);
    for (int start = 0; start < 3; start++) use_observer(&observers[start]);
    lie(liar, when);
  }
  for (int start = 0; start < 3; start++) tickring_observer_close(&observers[start]);
  tickring_writer_close(&writer);
}

/* Accepted: then it is what its maker may have made, and nothing worse. */
static void use(peer *liar) {
  const tickring_region *region = &liar->region;
  uint64_t sum = 0, slots = region->capacity;
  must(slots > 0 && (slots & (slots - 1)) == 0, "a capacity is a power of two");
  must(region->kind == liar->one->kind_asked, "the kind is the one asked for");
  must(TICKRING_HEADER_BYTES + slots * region->slot_bytes <= region->bytes, "slots are inside");
  for (uint64_t at = 0; at < slots * region->slot_bytes; at += 512) sum += region->body[at];
  (void)sum;
  (void)tickring_role_is_held(region, TICKRING_PRODUCER);
  if (region->kind == TICKRING_REGION_BROADCAST) use_broadcast(liar);
  else if (region->kind <= TICKRING_REGION_EVENTS) use_queue(liar);
}

static void look_from_outside(int error) {
  tickring_info info;
  int result = tickring_inspect(folder(), name_of_file(), &info);
  must(result == TICKRING_OK, "a file can be looked at");
  if (error == TICKRING_OK) must(info.verdict == TICKRING_OK, "the verdict is attach's");
}

static void make(const fuzz_case *one) {
  tickring_options options;
  tickring_region region;
  char path[256];
  memset(&options, 0, sizeof options);
  options.kind = one->kind;
  options.capacity = one->capacity;
  (void)tickring_remove(folder(), name_of_file());
  int error = tickring_create(folder(), name_of_file(), &options, &region);
  must(error == TICKRING_OK, tickring_error_text(error));
  change((unsigned char *)region.header, region.bytes, one, 0);
  tickring_detach(&region);
  snprintf(path, sizeof path, "%s/%s", folder(), name_of_file());
  if (one->bytes != 0) must(truncate(path, (off_t)one->bytes) == 0, "the file has a size");
}

int fuzz_ring(const fuzz_case *one) {
  peer liar;
  memset(&liar, 0, sizeof liar);
  make(one);
  liar.one = one;
  int error = tickring_attach(folder(), name_of_file(), one->kind_asked, &liar.region);
  look_from_outside(error);
  if (error) {
    must(strcmp(tickring_error_text(error), "unknown error") != 0, "a refusal has its reason");
    must(liar.region.header == NULL && liar.region.fd == -1, "a refusal leaves nothing");
  } else {
    use(&liar);
    look_from_outside(TICKRING_E_SYSTEM); /* whatever it says by now */
    tickring_detach(&liar.region);
  }
  (void)tickring_remove_unused(folder(), name_of_file());
  (void)tickring_remove(folder(), name_of_file());
  return error;
}

static uint64_t take(const uint8_t **data, size_t *size, size_t bytes) {
  uint64_t value = 0;
  if (bytes > *size) bytes = *size;
  memcpy(&value, *data, bytes);
  *data += bytes;
  *size -= bytes;
  return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_case one;
  memset(&one, 0, sizeof one);
  one.kind = 1 + (uint32_t)take(&data, &size, 1) % 8;
  uint32_t other = (uint32_t)take(&data, &size, 1);
  one.kind_asked = other < 248 ? one.kind : other & 15;
  uint64_t least = one.kind == TICKRING_REGION_BROADCAST ? 1 : 0;
  one.capacity = UINT64_C(1) << (least + take(&data, &size, 1) % 8);
  one.bytes = take(&data, &size, 1);
  /* Mostly as it should be; else any up to the most, or far beyond. */
  if (one.bytes < 200) one.bytes = 0;
  else if (one.bytes < 255) one.bytes = 1 + take(&data, &size, 3) % FUZZ_BYTES_MAX;
  else one.bytes = UINT64_C(1) << 40;
  while (size > 0 && one.count < FUZZ_CHANGES_MAX) {
    fuzz_change *each = &one.changes[one.count++];
    uint64_t how = take(&data, &size, 1);
    each->when = (uint8_t)(how % 3);
    each->width = (uint8_t)(how % 2 == 0 ? 8 : how % 5 + 1);
    /* Most of the header is reserved: its fields are met more often. */
    each->offset = take(&data, &size, 2);
    if (how >= 128) each->offset %= 1024;
    each->value = take(&data, &size, 8);
  }
  (void)fuzz_ring(&one);
  return 0;
}
