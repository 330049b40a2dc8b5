#define _GNU_SOURCE /* dl_iterate_phdr */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "clinux.h"

static size_t padded(size_t bytes) { return (bytes + 3) & ~(size_t)3; }

/* The first eight bytes of the build id among a segment's notes; 0: there is none. */
static uint64_t id_among(const char *notes, size_t bytes) {
  size_t at = 0;
  while (bytes - at >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    memcpy(&note, notes + at, sizeof note);
    size_t name = at + sizeof note;
    size_t id = name + padded(note.n_namesz);
    if (id > bytes || padded(note.n_descsz) > bytes - id) return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz >= 8 &&
        memcmp(notes + name, "GNU", 4) == 0) {
      uint64_t word;
      memcpy(&word, notes + id, sizeof word);
      return word;
    }
    at = id + padded(note.n_descsz);
  }
  return 0;
}

/* The program itself is the first object; the libraries after it are not looked at. */
static int look(struct dl_phdr_info *object, size_t size, void *found) {
  (void)size;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[index];
    if (header->p_type != PT_NOTE) continue;
    uint64_t id = id_among((const char *)(object->dlpi_addr + header->p_vaddr), header->p_memsz);
    if (id != 0) *(uint64_t *)found = id;
  }
  return 1;
}

uint64_t clinux_build_id(void) {
  uint64_t id = 0;
  dl_iterate_phdr(look, &id);
  return id;
}
