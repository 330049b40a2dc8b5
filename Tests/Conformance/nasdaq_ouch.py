"""OUCH 5.0 for the tests with nasdaq-protocols, which has sessions but no messages: packed and
unpacked here from the specification's tables, sharing nothing with the code under test."""

import struct


def enter(ref, side, quantity, symbol, price, tif="0", minimum=0):
    """A new order; price in dollars. `minimum` over 0 adds that option."""
    options = b"\x05\x03" + struct.pack(">I", minimum) if minimum else b""
    fields = b"O", ref, side.encode(), quantity, symbol.ljust(8).encode(), round(price * 10_000)
    rest = f"{tif}YPNN".encode(), b"".ljust(14), len(options)
    return struct.pack(">cIcI8sQ5s14sH", *fields, *rest) + options


def replace(old, new, quantity, price):
    fields = b"U", old, new, quantity, round(price * 10_000), b"0YN", b"".ljust(14), 0
    return struct.pack(">cIIIQ3s14sH", *fields)


def cancel(ref, left=0):
    return struct.pack(">cII", b"X", ref, left)


def modify(ref, side, quantity):
    return struct.pack(">cIcI", b"M", ref, side.encode(), quantity)


def mass_cancel(ref, symbol=""):
    return struct.pack(">cI4s8sH", b"C", ref, b"".ljust(4), symbol.ljust(8).encode(), 0)


def switch_entry(kind, ref):
    """Order entry off: D; on: E."""
    return struct.pack(">cI4sH", kind.encode(), ref, b"".ljust(4), 0)


QUERY = b"Q"

LAYOUTS = {
    "S": (">Qc", "time event"),
    "A": (">QIcI8sQccQcccc14sH", "time ref side quantity symbol price tif display order "
          "capacity iso cross state client options"),
    "U": (">QIIcI8sQccQcccc14sH", "time old ref side quantity symbol price tif display order "
          "capacity iso cross state client options"),
    "E": (">QIIQcQH", "time ref quantity price liquidity match options"),
    "C": (">QIIc", "time ref quantity reason"),
    "J": (">QIH14s", "time ref reason client"),
    "M": (">QIcI", "time ref side quantity"),
    "I": (">QI", "time ref"),
    "Q": (">QI", "time next"),
    "X": (">QI4s8sH", "time ref firm symbol options"),
    "G": (">QI4sH", "time ref firm options"),
    "K": (">QI4sH", "time ref firm options"),
}


def answer(message):
    """The venue's message as a dictionary; `type` is its letter."""
    kind = chr(message[0])
    layout, names = LAYOUTS[kind]
    assert len(message) == 1 + struct.calcsize(layout), (kind, len(message))
    values = struct.unpack(layout, message[1:])
    said = {n: v.decode().strip() if isinstance(v, bytes) else v
            for n, v in zip(names.split(), values)}
    return {"type": kind, **said}


def request(message):
    """The client's message, as far as a venue needs it."""
    kind = chr(message[0])
    if kind == "O":
        names = "ref side quantity symbol price tif display capacity iso cross client options"
        fields = struct.unpack(">IcI8sQccccc14sH", message[1:47])
        assert len(message) == 47 + fields[-1], (kind, len(message))
        return {"type": kind, **dict(zip(names.split(), fields))}
    if kind == "X":
        assert len(message) == 9, (kind, len(message))
        return {"type": kind, **dict(zip(("ref", "left"), struct.unpack(">II", message[1:])))}
    assert message == QUERY, message
    return {"type": kind}


def accepted(order, time, reference):
    """An `A` that says what the order says."""
    fields = b"A", time, order["ref"], order["side"], order["quantity"], order["symbol"]
    display = order["tif"], order["display"], reference
    rest = order["capacity"], order["iso"], order["cross"], b"L", order["client"], 0
    return struct.pack(">cQIcI8sQccQcccc14sH", *fields, order["price"], *display, *rest)


def executed(order, time, quantity, match):
    fields = b"E", time, order["ref"], quantity, order["price"], b"A", match, 0
    return struct.pack(">cQIIQcQH", *fields)


def canceled(ref, time, quantity, reason=b"U"):
    return struct.pack(">cQIIc", b"C", time, ref, quantity, reason)


def rejected(order, time, reason):
    return struct.pack(">cQIH14s", b"J", time, order["ref"], reason, order["client"])


def query_response(time, following):
    return struct.pack(">cQI", b"Q", time, following)


def start_of_day(time):
    return struct.pack(">cQc", b"S", time, b"S")
