/* name.c: what a region may be called, where it lies by that, and the end of its name. Cold. */
#include "internal.h"

#include <stdio.h>
#include <unistd.h>

/* Bytes of the UTF-8 character at `at`; 0: it is none, or a control character. */
static size_t character_bytes(const unsigned char *at) {
  if (at[0] < 0x80) return at[0] >= 0x20 && at[0] != 0x7F ? 1 : 0;
  if (at[0] < 0xC2 || at[0] > 0xF4) return 0;
  size_t bytes = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
  for (size_t index = 1; index < bytes; index++)
    if ((at[index] & 0xC0) != 0x80) return 0; /* the end of the name, too */
  /* Controls, what fewer bytes can say, halves of UTF-16, what lies beyond the last. */
  if ((at[0] == 0xC2 || at[0] == 0xE0) && at[1] < 0xA0) return 0;
  if (at[0] == 0xF0 && at[1] < 0x90) return 0;
  if ((at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF4 && at[1] > 0x8F)) return 0;
  return bytes;
}

/* A name is shown in lists and logs, one a line: no control character may be in it, and nothing
 * that is no text, which those who list could not name again. */
static bool is_name(const char *name) {
  if (name == NULL || name[0] == '\0' || name[0] == '.') return false;
  const unsigned char *at = (const unsigned char *)name;
  while (*at != '\0') {
    size_t bytes = *at != '/' ? character_bytes(at) : 0;
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

int tickring_internal_path(const char *directory, const char *name,
                           char path[TICKRING_PATH_BYTES]) {
  if (directory == NULL || directory[0] == '\0' || !is_name(name)) return TICKRING_E_ARGUMENT;
  int length = snprintf(path, TICKRING_PATH_BYTES, "%s/%s", directory, name);
  return length > 0 && length < TICKRING_PATH_BYTES ? TICKRING_OK : TICKRING_E_ARGUMENT;
}

int tickring_remove(const char *directory, const char *name) {
  char path[TICKRING_PATH_BYTES];
  int error = tickring_internal_path(directory, name, path);
  if (error) return error;
  return unlink(path) == 0 ? TICKRING_OK : tickring_internal_errno();
}
