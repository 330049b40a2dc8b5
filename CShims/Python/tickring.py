"""Rings of market data in shared memory, from Python.

View      looks into any tick queue or broadcast ring without claiming anything and without the C
          library: a numpy array over the live slots, and consistent copies of the newest ticks.
Consumer  the one consumer of a tick queue: takes each tick once, in order.
Observer  one of any number of observers of a broadcast ring, which counts what it lost.
Producer, Writer   the other ends.

All but View need libtickring (scripts/install --prefix DIR): from the path in TICKRING_LIBRARY,
else where the system's loader finds it. Ticks come as numpy arrays of RECORD: `timestamp` is
exchange time in ns since the Unix epoch; `symbol_id` is instrument << 4 | kind.

Threads: one at a time for each object. A call moves many ticks; it holds no lock, and while it
waits or copies Python's own lock is released.
"""
import ctypes
import ctypes.util
import mmap
import os

import numpy

RECORD = numpy.dtype(
    [("timestamp", "<u8"), ("symbol_id", "<u4"), ("price", "<f8"), ("quantity", "<u4")]
)
"""The 24 bytes of a tick, packed."""
SLOT = numpy.dtype([("record", RECORD), ("word", "<u8")])
"""A slot: a tick and its commit word (receive stamp << 32 | the low half of sequence + 1)."""

TICKS, BROADCAST = 1, 8
TRADE, TRADE_NO_LAST, TRADE_BREAK, AUCTION, BID, ASK, STATUS = range(7)
NEWEST, OLDEST, NEXT = range(3)
SPIN, YIELD, SLEEP = range(3)
READY, TIMEOUT, PEER_GONE = range(3)
DIRECTORY = "/dev/shm"

_MAGIC, _VERSION, _HEADER_BYTES = 0x31474E4952574B54, 1, 4096
_HEADER = numpy.dtype(
    {
        "names": ["magic", "version", "kind", "header_bytes", "slot_bytes", "capacity", "bytes",
                  "page_bytes", "position", "tail"],
        "formats": ["<u8", "<u4", "<u4", "<u4", "<u4", "<u8", "<u8", "<u8", "<u8", "<u8"],
        "offsets": [0, 8, 12, 16, 20, 24, 32, 80, 384, 512],
        "itemsize": _HEADER_BYTES,
    }
)


class RingError(OSError):
    """Why a region could not be made, attached or claimed; `code` as in tickring_region.h."""

    def __init__(self, code, text, owner_pid=0):
        super().__init__(text + (f" (pid {owner_pid})" if owner_pid else ""))
        self.code = code
        self.owner_pid = owner_pid


class View:
    """A look into a ring, for reading only. The file is checked before it is believed.

    `slots` is live: the producer changes it meanwhile. `latest` returns a consistent copy. A view
    relies on loads that stay in order, as on x86-64; elsewhere use an Observer.
    """

    def __init__(self, name, directory=DIRECTORY):
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        file = os.open(os.path.join(directory, name), flags)
        try:
            size = os.fstat(file).st_size
            if size < _HEADER_BYTES:
                raise RingError(7, f"{name}: the file is not a Tickway region")
            self._memory = mmap.mmap(file, size, prot=mmap.PROT_READ)
        finally:
            os.close(file)
        self._header = numpy.frombuffer(self._memory, _HEADER, 1)[0:1]
        header = self._header[0]
        self.capacity, self.kind = int(header["capacity"]), int(header["kind"])
        is_sound = (
            header["magic"] == _MAGIC
            and header["version"] == _VERSION
            and header["header_bytes"] == _HEADER_BYTES
            and header["slot_bytes"] == SLOT.itemsize
            and self.kind in (TICKS, BROADCAST)
            and 1 <= self.capacity <= 1 << 30
            and self.capacity & (self.capacity - 1) == 0
            and size == header["bytes"] == -(-(4096 + self.capacity * 32) // 4096) * 4096
        )
        if not is_sound:
            raise RingError(10, f"{name}: no ring of ticks of this build")
        self.slots = numpy.frombuffer(self._memory, SLOT, self.capacity, _HEADER_BYTES)

    @property
    def published(self):
        """Ticks published since the ring was made."""
        if self.kind == BROADCAST:
            return int(self._header["tail"][0])
        # What is not advanced past is one stretch of published slots: find its end by halving.
        position = int(self._header["position"][0])
        least, most = 0, self.capacity
        while least < most:
            middle = (least + most) // 2
            if self._is_published(position + middle):
                least = middle + 1
            else:
                most = middle
        return position + least

    @property
    def taken(self):
        """Ticks that a queue's consumer has advanced past."""
        return int(self._header["position"][0])

    def latest(self, most):
        """The newest ticks, oldest first, `most` at most: only such as were whole while copied."""
        end = self.published
        count = min(most, self.capacity, end)
        sequences = numpy.arange(end - count, end, dtype=numpy.uint64)
        at = (sequences & numpy.uint64(self.capacity - 1)).astype(numpy.int64)
        expected = (sequences + numpy.uint64(1)).astype(numpy.uint32)
        before = self.slots["word"][at]
        copy = self.slots["record"][at]
        after = self.slots["word"][at]
        return copy[(before == after) & (after.astype(numpy.uint32) == expected)]

    def _is_published(self, sequence):
        word = int(self.slots["word"][sequence & (self.capacity - 1)])
        return word & 0xFFFFFFFF == (sequence + 1) & 0xFFFFFFFF


def create(name, kind=TICKS, capacity=65536, directory=DIRECTORY):
    """Makes a region, exclusively."""
    _must(_library().tickring_make(_bytes(directory), _bytes(name), kind, capacity), name)


def remove(name, directory=DIRECTORY):
    """Removes a region's name; those attached keep the memory."""
    _must(_library().tickring_remove(_bytes(directory), _bytes(name)), name)


class _Endpoint:
    """An end of a ring in the C library; closed by `close`, `with`, or the garbage collector."""

    _KIND = ""
    _raw = None

    def __init__(self, name, directory, *arguments):
        error, owner = ctypes.c_int(), ctypes.c_uint64()
        library = _library()
        arguments += (ctypes.byref(error),)
        if self._KIND != "observer":
            arguments += (ctypes.byref(owner),)
        make = getattr(library, f"tickring_{self._KIND}_new")
        make.restype = ctypes.c_void_p
        raw = make(_bytes(directory), _bytes(name), *arguments)
        _must(error.value, name, owner.value)
        self._raw = ctypes.c_void_p(raw)

    def close(self):
        """Gives the role back."""
        if self._raw is not None:
            getattr(_library(), f"tickring_{self._KIND}_free")(self._raw)
            self._raw = None

    def _open(self):
        if self._raw is None:
            raise ValueError("the ring is closed")
        return self._raw

    def _take(self, call, most):
        records = numpy.empty(most, RECORD)
        call.restype = ctypes.c_size_t
        count = call(self._open(), _address(records), None, ctypes.c_size_t(most))
        return records[:count]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Consumer(_Endpoint):
    """The one consumer of a tick queue."""

    _KIND = "consumer"

    def __init__(self, name, directory=DIRECTORY):
        super().__init__(name, directory)

    def poll(self, most=4096):
        """Takes what is there, `most` at most; empty if nothing is."""
        return self._take(_library().tickring_poll_many, most)

    def wait(self, policy=SLEEP, timeout=0.0):
        """READY, TIMEOUT (after so many seconds; 0: never) or PEER_GONE."""
        nanoseconds = ctypes.c_uint64(int(timeout * 1e9))
        return _library().tickring_wait_for(self._open(), policy, nanoseconds)


class Observer(_Endpoint):
    """An observer of a broadcast ring, from NEWEST, OLDEST or NEXT on."""

    _KIND = "observer"

    def __init__(self, name, start=NEWEST, directory=DIRECTORY):
        super().__init__(name, directory, start)

    def poll(self, most=4096):
        """Takes what is there, `most` at most; `lost` may grow."""
        return self._take(_library().tickring_observe_many, most)

    @property
    def next(self):
        """The sequence looked for next."""
        return self._counts()[0]

    @property
    def seen(self):
        return self._counts()[1]

    @property
    def lost(self):
        """Ticks overwritten before they were taken. Exact."""
        return self._counts()[2]

    def _counts(self):
        counts = (ctypes.c_uint64 * 3)()
        _library().tickring_observer_counts(self._open(), counts)
        return tuple(counts)


class Producer(_Endpoint):
    """The one producer of a tick queue."""

    _KIND = "producer"

    def __init__(self, name, directory=DIRECTORY):
        super().__init__(name, directory)

    def publish(self, records, received=0):
        """Publishes until the ring is full. How many."""
        records = numpy.ascontiguousarray(records, RECORD)
        call = _library().tickring_publish_many
        call.restype = ctypes.c_size_t
        return call(self._open(), _address(records), ctypes.c_size_t(len(records)), received)


class Writer(_Endpoint):
    """The one writer of a broadcast ring."""

    _KIND = "writer"

    def __init__(self, name, directory=DIRECTORY):
        super().__init__(name, directory)

    def write(self, records, received=0):
        """Writes all, over the oldest if need be."""
        records = numpy.ascontiguousarray(records, RECORD)
        call = _library().tickring_broadcast_many
        call(self._open(), _address(records), ctypes.c_size_t(len(records)), received)


_loaded = None


def _library():
    global _loaded
    if _loaded is None:
        path = os.environ.get("TICKRING_LIBRARY") or ctypes.util.find_library("tickring")
        if not path:
            raise ImportError("libtickring is not installed: set TICKRING_LIBRARY to its path")
        _loaded = ctypes.CDLL(path)
        _loaded.tickring_error_text.restype = ctypes.c_char_p
        _loaded.tickring_make.argtypes = [
            ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint64]
    return _loaded


def _must(code, name, owner_pid=0):
    if code != 0:
        text = _library().tickring_error_text(code).decode()
        raise RingError(code, f"{name}: {text}", owner_pid)


def _bytes(text):
    return os.fsencode(text)


def _address(array):
    return ctypes.c_void_p(array.ctypes.data)
