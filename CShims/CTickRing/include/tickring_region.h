/* tickring_region.h: regions, which are files of shared memory (by default under /dev/shm).
 *
 * A region is a 4,096-byte header and a body of `capacity` slots of `slot_bytes`. A ring's slots
 * end in a commit word; other kinds (directory, board, control page, metrics) lay out their body
 * themselves. Only offsets and fixed-width integers live in it.
 *
 * Nothing in a header is trusted: attach checks the file's type, owner, mode and size, and each
 * field, and then works from its own copies.
 *
 * Roles are locks (open file description locks) on bytes of the file: the kernel frees them when
 * their owner dies, however it dies. A second producer or consumer of a ring is refused, in the
 * same process too.
 *
 * Heartbeats tell a hung owner from a busy one; death is told by the lock alone. An owner that is
 * paused (SIGSTOP, a debugger, a frozen container) falls silent and keeps its role: whoever sees
 * that is not to take over. An owner says that it lives by tickring_producer_beat and its siblings,
 * where it has a clock reading at hand; one that never does is not called hung. For a consumer
 * that has done so tickring_wait goes on with it. The header's value is CLOCK_MONOTONIC, the same
 * in all processes of a machine, and 0 from the claim to the first beat.
 *
 * Builds. What two sides must agree on to read each other is in the layout hash, which attach
 * compares. The build hash is of the source: the version of the library and the layout that its
 * headers were compiled with. It is recorded at creation and compared on request
 * (tickring_same_build): peers of one product refuse a mixed build, a reader of the same layout in
 * another language need not care.
 *
 * Functions return 0 or one of enum tickring_error. None is for the hot path; none is safe on one
 * object from two threads at once.
 */
#ifndef TICKRING_REGION_H
#define TICKRING_REGION_H

#include "tickring_record.h"

#if defined(__cplusplus)
extern "C" {
#endif

#define TICKRING_MAGIC UINT64_C(0x31474E4952574B54) /* "TKWRING1" */
#define TICKRING_VERSION UINT32_C(1)          /* of the region's layout */
#define TICKRING_LIBRARY_VERSION "1.5.4"      /* of this source: any change of it moves this on */
#define TICKRING_HEADER_BYTES UINT32_C(4096)
#define TICKRING_CAPACITY_MAX (UINT64_C(1) << 30)

enum tickring_region_kind {
  TICKRING_REGION_TICKS = 1,     /* 32-byte slots */
  TICKRING_REGION_ORDERS = 2,    /* 64-byte slots */
  TICKRING_REGION_EVENTS = 3,    /* 64-byte slots */
  TICKRING_REGION_DIRECTORY = 4, /* 32-byte entries */
  TICKRING_REGION_BOARD = 5,     /* 64-byte entries */
  TICKRING_REGION_CONTROL = 6,   /* 64-byte lines */
  TICKRING_REGION_METRICS = 7,   /* 64-byte lines: roles, their counters and histograms */
  TICKRING_REGION_BROADCAST = 8, /* 32-byte slots; one writer, observers beside it */
  TICKRING_REGION_POOL = 9,      /* 64-byte lines: orders that are out */
  TICKRING_REGION_POSITIONS = 10, /* 64-byte lines */
  TICKRING_REGION_GATE = 11,     /* 64-byte lines: the kill switch of one instance */
  TICKRING_REGION_LEDGER = 12,   /* 64-byte lines: credit of an account */
  TICKRING_REGION_STATE = 13     /* 64-byte lines: what a role leaves to its successor */
};

/* Each failure with a sentence: see tickring_error_text. */
enum tickring_error {
  TICKRING_OK = 0,
  TICKRING_E_ARGUMENT = 1,
  TICKRING_E_EXISTS = 2,
  TICKRING_E_ABSENT = 3,
  TICKRING_E_PERMISSION = 4,
  TICKRING_E_FULL = 5,
  TICKRING_E_SYSTEM = 6,
  TICKRING_E_NOT_A_REGION = 7,
  TICKRING_E_VERSION = 8,
  TICKRING_E_KIND = 9,
  TICKRING_E_LAYOUT = 10,
  TICKRING_E_SIZE = 11,
  TICKRING_E_OWNER = 12,
  TICKRING_E_ROLE_TAKEN = 13,
  TICKRING_E_NODE_ABSENT = 14,
  TICKRING_E_NO_NUMA = 15,
  TICKRING_E_NODE_MEMORY = 16,
  TICKRING_E_HUGE_PAGES = 17,
  TICKRING_E_BUILD = 18 /* for callers that refuse what tickring_same_build tells apart */
};

enum tickring_role { TICKRING_PRODUCER = 0, TICKRING_CONSUMER = 1 };

/* The header, as it lies in the file. Lines that different cores write are 128 bytes apart, since
 * cores fetch lines in pairs. */
typedef struct tickring_header {
  uint64_t magic; /* stored last at creation [SHARE] */
  uint32_t version;
  uint32_t kind;
  uint32_t header_bytes;
  uint32_t slot_bytes;
  uint64_t capacity; /* slots */
  uint64_t region_bytes;
  uint64_t layout_hash;
  uint64_t build_hash;
  uint64_t epoch;    /* creation time, ns since the Unix epoch */
  uint64_t instance; /* drawn at creation: tells two regions of one name apart */
  uint64_t node_plus_1; /* NUMA node that was asked for, plus 1; 0: none */
  uint64_t page_bytes;  /* size of the huge pages that were asked for; 0: none */
  uint64_t reserved_prefix[5];

  /* @128, written by the producer's owner at claim, and by the producer: see heartbeats, `full` */
  uint64_t producer_pid;
  uint64_t producer_generation;
  uint64_t producer_heartbeat_ns; /* CLOCK_MONOTONIC; 0: no beat of this owner. See below */
  uint64_t full; /* times that a publish found no room, if its caller counts: tickring_count_full */
  uint64_t reserved_producer[12];

  /* @256, written by the consumer each eighth of the capacity, read by the producer */
  uint64_t head;
  uint64_t reserved_head[15];

  /* @384, written by the consumer at each advance; read by the producer only when the ring seems
   * full, and by a successor */
  uint64_t position;
  uint64_t consumer_pid;
  uint64_t consumer_generation;
  uint64_t consumer_heartbeat_ns;
  uint64_t reserved_consumer[12];

  /* @512, broadcast: records that are written for sure, stored now and then; up to a stretch of the
   * slots after it may be, too: tickring_written. Read by an observer that joins */
  uint64_t tail;
  uint64_t reserved_tail[15];

  /* @640, broadcast: the end of what is being written, stored now and then; read by observers at
   * each poll */
  uint64_t ahead;
  uint64_t reserved_ahead[15];

  /* @768, queues: how often the consumer lay down to sleep; written by it, read by tickring_wake */
  uint64_t sleeps;
  uint64_t reserved_sleeps[15];

  /* @896, queues, written by the producer: how often it woke the consumer (the futex), and which
   * of the sleeps that was for */
  uint64_t wakes;
  uint64_t wakes_answered;
  uint64_t reserved_wakes[14];

  uint64_t reserved[384];
} tickring_header;

TICKRING_STATIC_ASSERT(sizeof(tickring_header) == 4096, "the header is one page");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, producer_pid) == 128, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, head) == 256, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, position) == 384, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, tail) == 512, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, ahead) == 640, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, sleeps) == 768, "a line of its own");
TICKRING_STATIC_ASSERT(offsetof(tickring_header, wakes) == 896, "a line of its own");

/* The pages that a region's memory is made of. */
enum tickring_pages {
  TICKRING_PAGES_USUAL = 0,
  /* Huge ones, or creation is refused. The file is as long as whole huge pages. */
  TICKRING_PAGES_HUGE = 1
};

/* How to create a region. Zero is a good default for what is not named here as needed.
 *
 * Placement is verified, not hoped for: once all memory is touched, the kernel is asked where each
 * page lies, and how it is mapped (/proc/self/smaps). A region that is not as asked for is not
 * made: TICKRING_E_NODE_ABSENT, _NO_NUMA, _NODE_MEMORY or _HUGE_PAGES, and nothing is left behind.
 */
typedef struct tickring_options {
  uint32_t kind;       /* needed */
  uint64_t capacity;   /* needed: slots, a power of two, at most TICKRING_CAPACITY_MAX; a
                        * broadcast ring has two at least */
  uint64_t build_hash; /* 0: tickring_build_hash() of the library; else the program's own */
  int32_t node_plus_1; /* NUMA node to bind the memory to before its first touch, plus 1; 0: none */
  uint32_t pages;      /* enum tickring_pages */
  bool is_untouched;   /* all memory is allocated, and each page mapped at its first use; only where
                        * neither a node nor huge pages are asked for */
} tickring_options;

/* An attached region. Owned by whoever created or attached it; ends with tickring_detach. */
typedef struct tickring_region {
  tickring_header *header;
  unsigned char *body;
  uint64_t capacity;
  uint64_t bytes;
  uint32_t kind;
  uint32_t slot_bytes;
  int fd;
  bool is_read_only; /* mapped without the right to write: a store would be a SIGSEGV */
  bool is_untouched; /* its pages are mapped one by one, each at its first use */
  int32_t pid;       /* of the process that attached it: a fork shares descriptor and locks */
  uint32_t roles;    /* claimed through it: 1 << enum tickring_role */
} tickring_region;

/* Creates `directory`/`name` exclusively (mode 0600), with all its memory allocated, so that a
 * full file system is an error here and never a SIGBUS later; so is a size beyond the process's
 * limit on files (RLIMIT_FSIZE), whose signal would kill. The name comes last, when all is in
 * place: a creator that dies leaves none (on tmpfs, and wherever else files can be without one). */
int tickring_create(const char *directory, const char *name, const tickring_options *options,
                    tickring_region *region);

/* The same without a name: whoever needs it duplicates the region, in this process or in a child
 * forked from it, and however its owners die, nothing is left behind. */
int tickring_create_unnamed(const char *directory, const tickring_options *options,
                            tickring_region *region);

/* Attaches an existing region of `kind`. */
int tickring_attach(const char *directory, const char *name, uint32_t kind,
                    tickring_region *region);

/* The same for reading only: whoever watches can change nothing, not even by mistake. No role can
 * be claimed through it. */
int tickring_attach_reader(const char *directory, const char *name, uint32_t kind,
                           tickring_region *region);

/* The same without mapping its pages ahead, which takes about a millisecond for each 4 MiB: for
 * whoever looks at little of it, or only hands it on by tickring_duplicate. */
int tickring_attach_untouched(const char *directory, const char *name, uint32_t kind,
                              tickring_region *region);

/* A second, independent attachment of the same file (it may have been removed meanwhile), with the
 * same rights. Opens it through /proc, as does a claim after a fork: TICKRING_E_ABSENT without.
 * Where that is refused, as of another user's sealed region, the two share an open file
 * description, and their roles exclude each other all the same. */
int tickring_duplicate(const tickring_region *region, tickring_region *copy);

/* The same without mapping its pages ahead. */
int tickring_duplicate_untouched(const tickring_region *region, tickring_region *copy);

/* Unmaps and closes, giving up any role claimed through `region`, also if children were forked
 * since. In such a child it closes what was inherited, and takes no role from the parent. The file
 * stays. */
void tickring_detach(tickring_region *region);

/* Removes the name. Those attached keep the memory until they detach. */
int tickring_remove(const char *directory, const char *name);

/* Asks the kernel once more whether the memory lies as the region's maker asked for: on its node,
 * and mapped by huge pages in this process too. TICKRING_OK if nothing was asked for. */
int tickring_check_place(const tickring_region *region);

/* Claims a role for this attachment; TICKRING_E_ROLE_TAKEN if another holds it (in that case
 * `owner_pid`, if given, receives the pid in the header). Freed by detach or by death. In a child
 * of the process that attached, the region first gets a descriptor of its own; of another user's
 * sealed region it cannot: TICKRING_E_PERMISSION. */
int tickring_claim_role(tickring_region *region, enum tickring_role role, uint64_t *owner_pid);

/* The build hash of whoever compiled this: FNV-1a over the library's version, and the places of the
 * fields that both sides of a ring use. */
static inline uint64_t tickring_build_hash(void) {
  static const char version[] = TICKRING_LIBRARY_VERSION;
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  const uint64_t numbers[] = {TICKRING_VERSION, sizeof(tickring_header),
                              offsetof(tickring_header, producer_heartbeat_ns),
                              offsetof(tickring_header, head),
                              offsetof(tickring_header, position),
                              offsetof(tickring_header, ahead),
                              offsetof(tickring_header, sleeps),
                              offsetof(tickring_header, wakes), sizeof(MarketDataRecord)};
  for (size_t index = 0; index + 1 < sizeof version; index++)
    hash = (hash ^ (uint64_t)(unsigned char)version[index]) * UINT64_C(0x100000001B3);
  for (size_t index = 0; index < sizeof numbers / sizeof numbers[0]; index++)
    hash = (hash ^ numbers[index]) * UINT64_C(0x100000001B3);
  return hash;
}

/* Whether a region was made by the build that `build_hash` is of; 0: by the caller's library. */
static inline bool tickring_same_build(const tickring_region *region, uint64_t build_hash) {
  uint64_t expected = build_hash != 0 ? build_hash : tickring_build_hash();
  return tickring_load_relaxed(&region->header->build_hash) == expected;
}

/* A sentence for an error, ending in what to do. Static storage. */
const char *tickring_error_text(int error);

#if defined(__cplusplus)
}
#endif

#endif
