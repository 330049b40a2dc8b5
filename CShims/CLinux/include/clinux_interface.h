/* clinux_interface.h: network interfaces by address and by route. Private to this package.
 * Addresses are numbers: 127.0.0.1 is 0x7F000001. For start, not for the hot path. */
#ifndef CLINUX_INTERFACE_H
#define CLINUX_INTERFACE_H

#include <stdint.h>

/* The index of the interface with this name; -ENODEV if there is none. */
int clinux_interface_named(const char *name);

/* The index of the interface that has this IPv4 address; -ENODEV if none has. */
int clinux_interface_with_address(uint32_t address);

/* The index of the interface that the route to this IPv4 address (or group) takes; -ENETUNREACH or
 * such if no route does. */
int clinux_interface_toward(uint32_t address);

/* The name of an interface into `name`, which has room for `size` bytes (16 suffice). */
int clinux_interface_name(int index, char *name, int size);

/* 1 if the interface is up and has a carrier, 0 if not, -ENODEV if it is gone. */
int clinux_interface_is_up(int index);

#endif
