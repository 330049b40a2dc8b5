"""A producer and a consumer of ticks in Python; what it does is told in ticks.c.

    pip install CShims/Python      (and libtickring: scripts/install --ring --prefix DIR)
    TICKRING_LIBRARY=DIR/lib/libtickring.so python ticks.py consume NAME COUNT
"""
import sys
import time

import numpy
import tickring


def produce(name, count):
    tickring.create(name, tickring.TICKS, 1024)
    with tickring.Producer(name) as producer:
        number = numpy.arange(count)
        ticks = numpy.zeros(count, tickring.RECORD)
        ticks["timestamp"] = number
        ticks["symbol_id"] = 1 << 4 | tickring.TRADE
        ticks["price"] = 100 + (number % 8) / 8
        ticks["quantity"] = 1 + number % 100
        done = 0
        while done < count:  # full: this one waits
            done += producer.publish(ticks[done : done + 64])
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
            ticks = consumer.poll(most=count - taken)
            if len(ticks) == 0:
                if consumer.wait() == tickring.PEER_GONE:
                    break
                continue
            taken += len(ticks)
            volume += int(ticks["quantity"].sum())
            turnover += float((ticks["price"] * ticks["quantity"]).sum())
    print(f"{taken} ticks, volume {volume}, vwap {turnover / volume:.6f}")
    tickring.remove(name)


if __name__ == "__main__":
    {"produce": produce, "consume": consume}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
