/* pages.c: a witness of where memory lies, that shares no code with what it looks at.
 *
 *   pages interleave COMMAND...   runs a command whose memory comes from all nodes in turn, unless
 *                                 it binds it
 *   pages file NODES PATH...      of each file of shared memory: FILE name pages on-0 on-1 ...
 *   pages private NODES PID...    of what each process has for itself (no file's), as far as it is
 *                                 touched: PROCESS pid pages on-0 on-1 ...
 *
 * Each page is asked for by itself (move_pages). Ends with 1 if anything cannot be asked. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <numaif.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NODES_MAX = 64, PAGES_AT_ONCE = 1024 };

static uint64_t counts[NODES_MAX];
static uint64_t touched, untouched;
static size_t page_bytes;

static void die(const char *what) {
  fprintf(stderr, "pages: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* Adds the pages of a range of a process; 0: this one. */
static void look(int pid, uintptr_t from, uintptr_t end) {
  void *pages[PAGES_AT_ONCE];
  int nodes[PAGES_AT_ONCE];
  while (from < end) {
    unsigned long count = 0;
    for (; count < PAGES_AT_ONCE && from < end; from += page_bytes) pages[count++] = (void *)from;
    if (syscall(SYS_move_pages, pid, count, pages, NULL, nodes, 0) < 0) die("move_pages");
    for (unsigned long page = 0; page < count; page++) {
      if (nodes[page] < 0 || nodes[page] >= NODES_MAX) {
        untouched++;
      } else {
        touched++;
        counts[nodes[page]]++;
      }
    }
  }
}

static void begin(void) {
  memset(counts, 0, sizeof counts);
  touched = untouched = 0;
}

static void tell(const char *kind, const char *name, uint64_t pages, int nodes) {
  printf("%s %s %llu", kind, name, (unsigned long long)pages);
  for (int node = 0; node < nodes; node++) printf(" %llu", (unsigned long long)counts[node]);
  printf("\n");
}

static void look_at_file(const char *path, int nodes) {
  struct stat file;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &file) != 0) die(path);
  size_t bytes = ((size_t)file.st_size + page_bytes - 1) / page_bytes * page_bytes;
  begin();
  if (bytes > 0) {
    unsigned char *base = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) die(path);
    /* What has a place has it already; only this process's view of it is made here. */
    for (size_t at = 0; at < bytes; at += page_bytes) (void)*(volatile unsigned char *)(base + at);
    look(0, (uintptr_t)base, (uintptr_t)base + bytes);
    munmap(base, bytes);
  }
  close(fd);
  const char *name = strrchr(path, '/');
  tell("FILE", name == NULL ? path : name + 1, bytes / page_bytes, nodes);
}

static void look_at_process(int pid, int nodes) {
  char path[64], line[512], rights[8], name[16];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "re");
  if (maps == NULL) die(path);
  begin();
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long long from, end, inode;
    if (sscanf(line, "%llx-%llx %7s %*s %*s %llu", &from, &end, rights, &inode) != 4) continue;
    if (rights[1] == 'w' && rights[3] == 'p' && inode == 0)
      look(pid, (uintptr_t)from, (uintptr_t)end);
  }
  fclose(maps);
  snprintf(name, sizeof name, "%d", pid);
  tell("PROCESS", name, touched, nodes);
}

static void interleave(char **command) {
  unsigned long nodes = 0;
  int error = 0;
  /* All that there are: the kernel refuses a mask of none that it has. */
  for (int node = 0; node < NODES_MAX; node++) {
    char path[64];
    snprintf(path, sizeof path, "/sys/devices/system/node/node%d", node);
    if (access(path, F_OK) == 0) nodes |= 1ul << node;
  }
  error = (int)syscall(SYS_set_mempolicy, MPOL_INTERLEAVE, &nodes, NODES_MAX + 1);
  if (error != 0) die("set_mempolicy");
  execvp(command[0], command);
  die(command[0]);
}

int main(int count, char **words) {
  page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  if (count >= 3 && strcmp(words[1], "interleave") == 0) interleave(words + 2);
  int nodes = count >= 3 ? atoi(words[2]) : 0;
  if (count < 4 || nodes < 1 || nodes > NODES_MAX) {
    fprintf(stderr, "usage: pages interleave COMMAND... | file NODES PATH... |"
                    " private NODES PID...\n");
    return 64;
  }
  for (int word = 3; word < count; word++) {
    if (strcmp(words[1], "file") == 0) look_at_file(words[word], nodes);
    else look_at_process(atoi(words[word]), nodes);
  }
  return 0;
}
