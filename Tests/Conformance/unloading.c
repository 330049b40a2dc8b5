/* unloading.c: a program that loads the library, has it guard, and unloads it: a SIGBUS goes where
 * it went before.
 *
 *   unloading LIBRARY
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void end_well(int number) { _exit(number == SIGBUS ? 0 : 1); }

int main(int argc, char **argv) {
  int (*install)(void) = NULL;
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (library == NULL) return 2;
  *(void **)&install = dlsym(library, "tickring_guard_install"); /* as POSIX says it */
  if (install == NULL || signal(SIGBUS, end_well) == SIG_ERR || install() != 0) return 3;
  dlclose(library);
  raise(SIGBUS);
  return 4;
}
