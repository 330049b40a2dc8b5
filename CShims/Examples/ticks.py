"""A producer and a consumer of ticks in Python; what it does is told in ticks.c.

    pip install CShims/Python      (and libtickring: scripts/install --ring --prefix DIR)
    TICKRING_LIBRARY=DIR/lib/libtickring.so python ticks.py consume NAME COUNT
"""
import sys
import time

import numpy
import tickring

BATCH = 1024  # however many are asked for: each is an array


def batch(first, count):
    number = first + numpy.arange(count, dtype=numpy.uint64)
    ticks = numpy.zeros(count, tickring.RECORD)
    ticks["timestamp"] = number
    ticks["symbol_id"] = 1 << 4 | tickring.TRADE
    ticks["price"] = 100 + (number % 8) / 8
    ticks["quantity"] = 1 + number % 100
    return ticks


def produce(name, count):
    tickring.create(name, tickring.TICKS, 1024)
    with tickring.Producer(name) as producer:
        for first in range(0, count, BATCH):
            ticks = batch(first, min(BATCH, count - first))
            while len(ticks) > 0:  # full: this one waits
                ticks = ticks[producer.publish(ticks[:64]) :]
                time.sleep(0)


def attach(name):
    """The producer may not have made it yet."""
    for _ in range(1000):
        try:
            return tickring.Consumer(name)
        except tickring.RingError:
            time.sleep(0.01)
    return tickring.Consumer(name)


def consume(name, count):
    taken, volume, turnover = 0, 0, 0.0
    with attach(name) as consumer:
        while taken < count:
            ticks = consumer.poll(most=min(BATCH, count - taken))
            if len(ticks) == 0:
                if consumer.wait() == tickring.PEER_GONE:
                    break
                continue
            taken += len(ticks)
            volume += int(ticks["quantity"].sum())
            turnover += float((ticks["price"] * ticks["quantity"]).sum())
    average = f", vwap {turnover / volume:.6f}" if volume > 0 else ""
    print(f"{taken} ticks, volume {volume}{average}")
    tickring.remove(name)


def main(arguments):
    verb, name, text = arguments if len(arguments) == 3 else ("", "", "")
    run = {"produce": produce, "consume": consume}.get(verb)
    is_count = text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64
    if run is None or not is_count:
        print("usage: ticks produce|consume NAME COUNT", file=sys.stderr)
        return 64
    try:
        run(name, int(text))
    except tickring.RingError as error:
        print(f"ticks: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
