/* libnuma (Debian: libnuma-dev): the highest node, and the names of memory policies. */
#include <numa.h>
#include <numaif.h>
