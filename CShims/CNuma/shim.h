/* libnuma (Debian: libnuma-dev): which node a core is on, and binding memory to it. */
#include <numa.h>
#include <numaif.h>
