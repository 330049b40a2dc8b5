/* tickring_share.h: regions for peers that do not trust each other, and a file that shrinks.
 *
 * A sealed region is anonymous memory (memfd) that nobody can shrink or grow any more, so that no
 * peer can make another one fault. It has no name: it is handed over a UNIX socket, and ends with
 * its last owner. What a peer writes into it is believed no more than in any region.
 *
 * A region with a name can be truncated by whoever may write it, which raises SIGBUS in all that
 * touch what is gone. The guard, if a process installs it, turns that into an error: the region is
 * replaced by zeros of the process's own and marked as lost.
 */
#ifndef TICKRING_SHARE_H
#define TICKRING_SHARE_H

#include "tickring_region.h"

#if defined(__cplusplus)
extern "C" {
#endif

/* Makes a sealed region; TICKRING_E_SYSTEM where the kernel has no memfd. */
int tickring_create_sealed(const tickring_options *options, tickring_region *region);

/* Hands a sealed region to the peer of a connected UNIX socket, with an open file description of
 * its own (opened through /proc), so that it can claim a role. Blocks as the socket does; one byte
 * goes with it. */
int tickring_send(const tickring_region *region, int socket);

/* Takes one over. Refused as TICKRING_E_OWNER if it is not sealed, as TICKRING_E_SIZE if not all
 * of its memory is allocated, and for any reason for which attach refuses a region. A peer that is
 * another user opens its ends from it, but cannot hand it on. */
int tickring_receive(int socket, uint32_t kind, tickring_region *region);

/* Regions that a process can guard at a time. */
#define TICKRING_GUARDED_MAX 64

/* Installs the process's handler of SIGBUS, once; a SIGBUS that is not in a guarded region goes to
 * the handler that was there before. */
int tickring_guard_install(void);

/* Guards an attached region until tickring_unguard or its detach. The guard knows the region by its
 * memory: an endpoint opened from it is guarded with it (its `region`).
 * Attaching cannot fault; opening an end can: guard in between. TICKRING_E_FULL:
 * TICKRING_GUARDED_MAX are guarded. Any thread. */
int tickring_guard(const tickring_region *region);
void tickring_unguard(const tickring_region *region);

/* Whether a guarded region's file was truncated under it: what is read from it since is zeros, and
 * what is written reaches nobody. Detach it. A file that is as long as before again when it is
 * touched raises no signal: zeros are read, and nobody is told here. See tickring_wait.h for what a
 * waiting consumer sees of that. */
bool tickring_is_lost(const tickring_region *region);

#if defined(__cplusplus)
}
#endif

#endif
