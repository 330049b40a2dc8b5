/* error.c: what went wrong, as a code and as a sentence. */
#include "internal.h"

#include <errno.h>

int tickring_internal_errno(void) {
  switch (errno) {
    case EEXIST: return TICKRING_E_EXISTS;
    case ENOENT:
    case ENOTDIR: return TICKRING_E_ABSENT;
    case EACCES:
    case EPERM:
    case EROFS: return TICKRING_E_PERMISSION;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* the process's limit on file sizes, or the file system's */
    case ENOMEM: return TICKRING_E_FULL;
    case ENAMETOOLONG: return TICKRING_E_ARGUMENT;
    case ELOOP:
    case EISDIR:
    case ENXIO: return TICKRING_E_NOT_A_REGION;
    default: return TICKRING_E_SYSTEM;
  }
}

const char *tickring_error_text(int error) {
  switch (error) {
    case TICKRING_OK: return "no error";
    case TICKRING_E_ARGUMENT:
      return "the name, directory, kind, capacity or NUMA node is not valid: a name is UTF-8 with "
             "no slash, no control character and no dot in front, a capacity is a power of two up "
             "to 2^30 (of a broadcast ring from 2 on), a node is no negative number";
    case TICKRING_E_EXISTS:
      return "a region of that name exists: another instance runs, or remove the leftover";
    case TICKRING_E_ABSENT: return "no such region or directory: check the name, start its maker";
    case TICKRING_E_PERMISSION:
      return "permission denied: run as the region's owner, or choose a directory that this user "
             "may write; attached for reading only, no role can be claimed";
    case TICKRING_E_FULL:
      return "no space left for the region: free some of the file system (for /dev/shm, raise its "
             "size), raise the process's limits (ulimit -f, -v) or choose a smaller capacity; for "
             "a guard: 64 regions have one already";
    case TICKRING_E_SYSTEM: return "the kernel refused: see errno";
    case TICKRING_E_NOT_A_REGION:
      return "the file is not a Tickway region; of a socket: none came, or its peer is gone";
    case TICKRING_E_VERSION: return "the region is of another version: use one build everywhere";
    case TICKRING_E_KIND:
      return "the region is of another kind than asked for, or of one unknown to this build";
    case TICKRING_E_LAYOUT: return "the region's layout is not this build's: use one build";
    case TICKRING_E_SIZE:
      return "the file's size, or its memory, is not what its header says: it is damaged";
    case TICKRING_E_OWNER:
      return "the region belongs to another user, others may write it, or it came over a socket "
             "and is not sealed: not to be trusted";
    case TICKRING_E_ROLE_TAKEN: return "the role is taken by a living process";
    case TICKRING_E_NODE_ABSENT:
      return "this machine has no such NUMA node: choose one that "
             "/sys/devices/system/node/has_memory lists";
    case TICKRING_E_NO_NUMA:
      return "the kernel knows no NUMA nodes, or forbids this process to ask for one: leave the "
             "node out";
    case TICKRING_E_NODE_MEMORY:
      return "not all of the region can be had on that NUMA node: free memory there, choose "
             "another node or a smaller capacity";
    case TICKRING_E_HUGE_PAGES:
      return "not all of the region can be had in huge pages: for a file of /dev/shm write advise "
             "to /sys/kernel/mm/transparent_hugepage/shmem_enabled, for a sealed region raise "
             "vm.nr_hugepages; or leave huge pages out";
    case TICKRING_E_BUILD:
      return "the region was made by another build: run one build everywhere";
    default: return "unknown error";
  }
}
