/* zlib (Debian: zlib1g-dev): captures are usually kept as .pcap.gz. */
#include <zlib.h>
