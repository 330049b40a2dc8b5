/* tickring_inspect.h: looking at regions from outside, and removing what nobody uses.
 *
 * Nothing here maps a region, claims a role or changes a word of it: the file is read like any
 * other, so that a damaged or truncated one is a verdict and never a crash. Whether an owner lives
 * is asked of the kernel, which holds the roles' locks; a pid is what the header says, and only
 * as true as that. Cold: some ten system calls, of a ring one more for each doubling of its size.
 */
#ifndef TICKRING_INSPECT_H
#define TICKRING_INSPECT_H

#include "tickring_region.h"

#if defined(__cplusplus)
extern "C" {
#endif

typedef struct tickring_info {
  int verdict;            /* TICKRING_OK, or why an attach would refuse it */
  uint32_t owner_uid;     /* of the file */
  uint32_t mode;          /* of the file: permission bits */
  bool is_attached;       /* by any process, this one included */
  bool has_producer;      /* the role is held by a living process */
  bool has_consumer;
  uint64_t file_bytes;
  uint64_t published;     /* rings: sequence after the newest record; else 0 */
  uint64_t taken;         /* queues: sequence after the newest that was advanced past; else 0 */
  tickring_header header; /* as it lies in the file, believed in nothing; zeros beyond its end */
} tickring_info;

/* Looks at `directory`/`name`. Fails only if there is no such file or it cannot be read; whatever
 * is wrong with what it holds is the verdict. While a batch is being committed, `published` may
 * for a moment count records of it: after a death in the commit it is up to a batch too many until
 * a successor withdraws that. Of a ring that goes round faster than a file is read it can be as old
 * as the call. */
int tickring_inspect(const char *directory, const char *name, tickring_info *info);

/* Removes a region's name if no process is attached: TICKRING_E_ROLE_TAKEN otherwise. Of what comes
 * meanwhile it excludes attachments and other such calls. But a name is removed by itself: of
 * whoever removes it (tickring_remove) and makes another region in the instant before, it takes the
 * other's name. A file without a region's magic is TICKRING_E_NOT_A_REGION, and stays; so does one
 * of another version, of whose processes nothing is known: TICKRING_E_VERSION. */
int tickring_remove_unused(const char *directory, const char *name);

/* Whether a role of an attached region is held through any attachment but this. About 300 ns. */
bool tickring_role_is_held(const tickring_region *region, enum tickring_role role);

#if defined(__cplusplus)
}
#endif

#endif
