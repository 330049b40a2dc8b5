"""Rings of market data in shared memory, from Python.

View      looks into any tick queue or broadcast ring without claiming anything and without the C
          library: a numpy array over the live slots, and consistent copies of the newest ticks.
Consumer  the one consumer of a tick queue: takes each tick once, in order.
Observer  one of any number of observers of a broadcast ring, which counts what it lost.
Producer, Writer   the other ends.
Region    a sealed region, for peers that do not trust each other: made here or received over a UNIX
          socket; each of the above can be opened from it by giving it in place of a name.

All but View need libtickring (scripts/install --ring --prefix DIR): from the path in
TICKRING_LIBRARY, else where the system's loader finds it. Ticks come as numpy arrays of RECORD:
`timestamp` is exchange time in ns since the Unix epoch; `symbol_id` is instrument << 4 | kind.

Threads: one at a time for each object. A call moves many ticks; it holds no lock, and while it
waits or copies Python's own lock is released.
"""
import ctypes
import ctypes.util
import errno
import fcntl
import mmap
import operator
import os
import socket as sockets
import stat
import struct
import time

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
_GET_SEALS, _SEALS = 1034, 0x1 | 0x2 | 0x4  # F_GET_SEALS; F_SEAL_SEAL, _SHRINK, _GROW

_MASK = 2**64 - 1  # sequences are 64 bits wide
_MAGIC, _VERSION, _HEADER_BYTES = 0x31474E4952574B54, 1, 4096
_LAYOUTS = {TICKS: 0x2E40BBD4A0F0E9C3, BROADCAST: 0x672ACB71F4ABDF51}  # as layout.c hashes them
_ARGUMENT, _ABSENT, _PERMISSION, _FULL, _SYSTEM, _NO_REGION = 1, 3, 4, 5, 6, 7  # TICKRING_E_…
_VERSIONS, _KINDS, _LAYOUT, _SIZE, _OWNER = 8, 9, 10, 11, 12
_OF_ERRNO = {  # as error.c has it; all others: _SYSTEM
    errno.ENOENT: _ABSENT, errno.ENOTDIR: _ABSENT,
    errno.EACCES: _PERMISSION, errno.EPERM: _PERMISSION, errno.EROFS: _PERMISSION,
    errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EFBIG: _FULL, errno.ENOMEM: _FULL,
    errno.ENAMETOOLONG: _ARGUMENT,
    errno.ELOOP: _NO_REGION, errno.EISDIR: _NO_REGION, errno.ENXIO: _NO_REGION,
}
_PATH_BYTES = 512  # internal.h: with the null byte
_WAIT_SLICE = 0.1  # seconds in C at a time: in between Python's own handlers of signals run
_HEADER = numpy.dtype(
    {
        "names": ["magic", "version", "kind", "header_bytes", "slot_bytes", "capacity", "bytes",
                  "layout_hash", "page_bytes", "position", "tail", "ahead"],
        "formats": ["<u8"] + ["<u4"] * 4 + ["<u8"] * 7,
        "offsets": [0, 8, 12, 16, 20, 24, 32, 40, 80, 384, 512, 640],
        "itemsize": _HEADER_BYTES,
    }
)


class RingError(OSError):
    """Why a region could not be made, attached or claimed; `code` as in tickring_region.h. `errno`
    is what the kernel said where it refused (TICKRING_E_SYSTEM), else None."""

    def __init__(self, code, text, owner_pid=0, number=None):
        super().__init__(text + (f" (pid {owner_pid})" if owner_pid else ""))
        self.code = code
        self.owner_pid = owner_pid
        self.errno = number


class _Memory(mmap.mmap):
    """A mapping whose guard ends with it: arrays over it may outlive their view."""

    guarded_at = unguard = None

    def __del__(self):
        if self.guarded_at is not None:
            self.unguard(self.guarded_at)  # both known by now: at exit nothing can be imported


class View:
    """A look into a ring, for reading only. The file is checked before it is believed.

    `slots` is live: the producer changes it meanwhile. `latest` returns a consistent copy. A view
    relies on loads that stay in order, as on x86-64; elsewhere use an Observer.
    """

    def __init__(self, name, directory=DIRECTORY):
        path = _path(directory, name)
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError as error:
            raise _refusal(error, name) from error
        status = os.fstat(file)
        is_ours = os.geteuid() in (0, status.st_uid)
        code = 0
        if not stat.S_ISREG(status.st_mode):
            code = _NO_REGION
        elif not is_ours or status.st_mode & 0o022:  # whoever can write it can shrink it under us
            code = _OWNER
        if code != 0:
            os.close(file)
            raise RingError(code, f"{name}: {_WHY[code]}")
        self._map(file, name)

    @classmethod
    def receive(cls, socket):
        """Takes a sealed ring over from the peer of a connected UNIX socket, to look into it.

        Without the C library. What is not sealed is refused: its size could change under us.
        """
        file = _receive_descriptor(socket)
        try:
            seals = fcntl.fcntl(file, _GET_SEALS)
        except OSError:
            seals = 0
        if seals & _SEALS != _SEALS:
            os.close(file)
            raise RingError(_OWNER, "received region: it is not sealed")
        view = cls.__new__(cls)
        view._map(file, "received region")
        return view

    def guard(self):
        """Makes a truncation of the file a loss that `is_lost` tells, and no SIGBUS. Needs the C
        library, and installs a handler of SIGBUS that passes on what is not guarded. Ends with
        the view and all arrays that were taken of it."""
        memory = self._memory
        if memory.guarded_at is not None:
            return
        library, at = _library(), self._bytes.ctypes.data
        _must(library.tickring_guard_memory(at, len(memory)), "guard")
        memory.guarded_at, memory.unguard = at, library.tickring_unguard_memory

    @property
    def is_lost(self):
        """Whether the file of a guarded view was truncated: what is read since is zeros."""
        at = self._memory.guarded_at
        return at is not None and _library().tickring_memory_is_lost(at)

    def _map(self, file, name):
        """Takes the descriptor over."""
        try:
            size = os.fstat(file).st_size
            if size < _HEADER_BYTES:
                raise RingError(_NO_REGION, f"{name}: {_WHY[_NO_REGION]}")
            self._memory = _Memory(file, size, prot=mmap.PROT_READ)
        except RingError:
            raise
        except OSError as error:
            raise _refusal(error, name) from error
        except ValueError as error:  # cut off meanwhile
            raise RingError(_SIZE, f"{name}: {_WHY[_SIZE]}") from error
        finally:
            os.close(file)
        self._bytes = numpy.frombuffer(self._memory, numpy.uint8)
        self._header = numpy.frombuffer(self._memory, _HEADER, 1)[0:1]
        header = self._header[0].copy()
        code = _verdict(header, size)
        if code != 0:
            raise RingError(code, f"{name}: {_WHY[code]}")
        self.capacity, self.kind = int(header["capacity"]), int(header["kind"])
        self.slots = numpy.frombuffer(self._memory, SLOT, self.capacity, _HEADER_BYTES)

    @property
    def published(self):
        """Ticks published since the ring was made. Of a ring that goes round faster than Python
        looks, as many as there were when the call began, or more."""
        word, most = "position", self.capacity
        if self.kind == BROADCAST:
            word, most = "tail", min(self.capacity // 4, 1024) if self.capacity >= 128 else 1
        first = int(self._header[word][0])
        for _ in range(8):
            end = self._run_end(first, most)
            later = int(self._header[word][0])
            if (later - first) & _MASK <= (end - first) & _MASK:
                break
            first = end = later  # gone round meanwhile
        return end

    def _run_end(self, first, most):
        """What is published from `first` on is one run of slots: its end is found by halving."""
        least = 0
        while least < most:
            middle = (least + most) // 2
            if self._is_published(first + middle):
                least = middle + 1
            else:
                most = middle
        return (first + least) & _MASK

    @property
    def taken(self):
        """Ticks that a queue's consumer has advanced past."""
        return int(self._header["position"][0])

    def latest(self, most):
        """The newest ticks, oldest first, `most` at most: only such as were whole while copied.

        What may be being written over is left out: of a broadcast ring what the writer announced;
        of a queue, once the consumer took them, the oldest quarter of the slots. A batch of a
        queue's producer that is larger than that can tear what it writes over.
        """
        end = self.published
        count = min(most, self.capacity, end)
        sequences = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(end - count)
        copy = self.slots["record"][self._at(sequences)]
        is_there = self._words(sequences) == (sequences + numpy.uint64(1)).astype(numpy.uint32)
        return copy[is_there & self._is_untouched(sequences)]

    def _is_untouched(self, sequences):
        """Whose slots nobody had begun to write over until now. The words cannot tell: a record is
        written before its word."""
        if self.kind == BROADCAST:
            oldest = max(0, int(self._header["ahead"][0]) - self.capacity)
            return sequences >= numpy.uint64(oldest)
        # Published in order: what lies `spare` slots before the next turn's is not there yet.
        spare = min(self.capacity, max(2, self.capacity // 4))
        ahead = sequences + numpy.uint64(self.capacity - spare)
        beyond = self._words(ahead) - (ahead + numpy.uint64(1)).astype(numpy.uint32)
        return (beyond.astype(numpy.int32) < 0) | (sequences >= self._header["position"][0])

    def _at(self, sequences):
        return (sequences & numpy.uint64(self.capacity - 1)).astype(numpy.int64)

    def _words(self, sequences):
        """The lower halves of their slots' words."""
        return self.slots["word"][self._at(sequences)].astype(numpy.uint32)

    def _is_published(self, sequence):
        word = int(self.slots["word"][sequence & (self.capacity - 1)])
        return word & 0xFFFFFFFF == (sequence + 1) & 0xFFFFFFFF


def create(name, kind=TICKS, capacity=65536, directory=DIRECTORY):
    """Makes a region, exclusively."""
    kind, capacity = _fitting("kind", kind, 32), _fitting("capacity", capacity, 64)
    _must(_library().tickring_make(_bytes(directory), _bytes(name), kind, capacity), name)


class _Closing:
    """Closed by `close`, `with`, or the garbage collector."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()

    def __reduce__(self):
        raise TypeError("what is attached cannot be copied: open another")


class Region(_Closing):
    """A sealed region: memory without a name whose size nobody can change any more, so that no
    peer can make another fault. Endpoints opened from it are attachments of their own."""

    def __init__(self, raw):
        self._raw = raw

    @classmethod
    def sealed(cls, kind=TICKS, capacity=65536):
        """Makes one."""
        error = ctypes.c_int()
        kind, capacity = _fitting("kind", kind, 32), _fitting("capacity", capacity, 64)
        raw = _library().tickring_region_sealed(kind, capacity, ctypes.byref(error))
        _must(error.value, "sealed region")
        return cls(ctypes.c_void_p(raw))

    @classmethod
    def receive(cls, socket, kind=TICKS):
        """Takes one over from the peer of a connected UNIX socket."""
        error = ctypes.c_int()
        kind = _fitting("kind", kind, 32)
        raw = _library().tickring_region_receive(socket.fileno(), kind, ctypes.byref(error))
        _must(error.value, "received region")
        return cls(ctypes.c_void_p(raw))

    def send(self, socket):
        """Hands it to the peer of a connected UNIX socket."""
        _must(_library().tickring_send(_open(self), socket.fileno()), "sealed region")

    def close(self):
        """Detaches. The memory stays until its last attachment is gone."""
        if self._raw is not None:
            _library().tickring_region_free(self._raw)
            self._raw = None


def remove(name, directory=DIRECTORY):
    """Removes a region's name; those attached keep the memory."""
    _must(_library().tickring_remove(_bytes(directory), _bytes(name)), name)


class _Endpoint(_Closing):
    """An end of a ring in the C library.

    `name` is a region's name, or a Region.
    """

    _KIND = ""
    _raw = None

    def __init__(self, name, directory=DIRECTORY):
        self._claim(name, directory)

    def _claim(self, name, directory, *arguments):
        error, owner = ctypes.c_int(), ctypes.c_uint64()
        library = _library()
        arguments += (ctypes.byref(error),)
        if self._KIND != "observer":
            arguments += (ctypes.byref(owner),)
        is_region = isinstance(name, Region)
        make = getattr(library, f"tickring_{self._KIND}_{'from' if is_region else 'new'}")
        make.restype = ctypes.c_void_p
        if is_region:
            raw = make(_open(name), *arguments)
        else:
            raw = make(_bytes(directory), _bytes(name), *arguments)
        _must(error.value, "sealed region" if is_region else name, owner.value)
        self._raw = ctypes.c_void_p(raw)

    def close(self):
        """Gives the role back."""
        if self._raw is not None:
            getattr(_library(), f"tickring_{self._KIND}_free")(self._raw)
            self._raw = None

    def guard(self):
        """As View.guard; ends with the endpoint."""
        _must(_library().tickring_guard_install(), "guard")
        _must(_library().tickring_guard(self._region()), "guard")

    @property
    def is_lost(self):
        """Whether the file of a guarded endpoint was truncated: nobody is reached any more."""
        return bool(_library().tickring_is_lost(self._region()))

    def _region(self):
        call = getattr(_library(), f"tickring_{self._KIND}_region")
        call.restype = ctypes.c_void_p
        return ctypes.c_void_p(call(_open(self)))

    def _take(self, call, most):
        records = numpy.empty(most, RECORD)
        call.restype = ctypes.c_size_t
        count = call(_open(self), _address(records), None, ctypes.c_size_t(most))
        return records[:count]

    def _give(self, call, records, received):
        records = _records(records)
        stamp = _fitting("received", received, 32)
        count = ctypes.c_size_t(records.size)
        return call(_open(self), _address(records), count, ctypes.c_uint32(stamp))


class Consumer(_Endpoint):
    """The one consumer of a tick queue."""

    _KIND = "consumer"

    def poll(self, most=4096):
        """Takes what is there, `most` at most; empty if nothing is."""
        return self._take(_library().tickring_poll_many, most)

    def wait(self, policy=SLEEP, timeout=0.0):
        """READY, TIMEOUT (after so many seconds; 0: never) or PEER_GONE. Ctrl-C ends it."""
        policy = _one_of("policy", policy, (SPIN, YIELD, SLEEP))
        end = time.monotonic() + timeout if timeout else float("inf")
        while True:
            left = min(_WAIT_SLICE, end - time.monotonic())
            nanoseconds = ctypes.c_uint64(max(1, int(left * 1e9)))
            result = _library().tickring_wait_for(_open(self), policy, nanoseconds)
            if result != TIMEOUT or time.monotonic() >= end:
                return result


class Observer(_Endpoint):
    """An observer of a broadcast ring, from NEWEST, OLDEST or NEXT on."""

    _KIND = "observer"

    def __init__(self, name, start=NEWEST, directory=DIRECTORY):
        self._claim(name, directory, _one_of("start", start, (NEWEST, OLDEST, NEXT)))

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
        _library().tickring_observer_counts(_open(self), counts)
        return tuple(counts)


class Producer(_Endpoint):
    """The one producer of a tick queue."""

    _KIND = "producer"

    def publish(self, records, received=0):
        """Publishes until the ring is full: an array of RECORD, or whatever has its fields (a list
        of tuples, too) and fits into them, else nothing. How many."""
        call = _library().tickring_publish_many
        call.restype = ctypes.c_size_t
        return self._give(call, records, received)


class Writer(_Endpoint):
    """The one writer of a broadcast ring."""

    _KIND = "writer"

    def write(self, records, received=0):
        """Writes all, over the oldest if need be. What: see Producer.publish."""
        self._give(_library().tickring_broadcast_many, records, received)


_loaded = None


def _library():
    global _loaded
    if _loaded is None:
        path = os.environ.get("TICKRING_LIBRARY") or ctypes.util.find_library("tickring")
        if not path:
            raise ImportError("libtickring is not installed: set TICKRING_LIBRARY to its path")
        _loaded = ctypes.CDLL(path, use_errno=True)
        _loaded.tickring_error_text.restype = ctypes.c_char_p
        _loaded.tickring_region_sealed.restype = ctypes.c_void_p
        _loaded.tickring_region_sealed.argtypes = [
            ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p]
        _loaded.tickring_region_receive.restype = ctypes.c_void_p
        _loaded.tickring_guard_memory.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
        _loaded.tickring_unguard_memory.argtypes = [ctypes.c_void_p]
        _loaded.tickring_memory_is_lost.argtypes = [ctypes.c_void_p]
        _loaded.tickring_memory_is_lost.restype = ctypes.c_bool
        _loaded.tickring_is_lost.restype = ctypes.c_bool
        _loaded.tickring_make.argtypes = [
            ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint64]
    return _loaded


def _must(code, name, owner_pid=0):
    number = ctypes.get_errno() if code == _SYSTEM else None  # before the next call
    if code != 0:
        text = os.strerror(number) if number else _library().tickring_error_text(code).decode()
        raise RingError(code, f"{name}: {text}", owner_pid, number)


def _fitting(what, value, bits):
    """What ctypes would cut off is refused."""
    number = operator.index(value)
    if not 0 <= number < 2**bits:
        raise ValueError(f"{what}: {number} is no number of {bits} bits")
    return number


def _one_of(what, value, those):
    if value not in those:
        raise ValueError(f"{what}: {value!r} is none of {those}")
    return operator.index(value)


def _open(end):
    if end._raw is None:
        raise ValueError("the ring is closed")
    return end._raw


def _receive_descriptor(socket):
    """The one descriptor that came with a byte; more than one is refused, and closed."""
    room = sockets.CMSG_SPACE(16 * struct.calcsize("i"))
    _, control, _, _ = socket.recvmsg(1, room, sockets.MSG_CMSG_CLOEXEC)
    came = []
    for level, kind, data in control:
        if level == sockets.SOL_SOCKET and kind == sockets.SCM_RIGHTS:
            count = len(data) // struct.calcsize("i")
            came += struct.unpack(f"{count}i", data[: count * struct.calcsize("i")])
    if len(came) == 1:
        return came[0]
    for file in came:
        os.close(file)
    raise RingError(_NO_REGION, "received region: none came, or its sender is gone")


def _bytes(text):
    encoded = os.fsencode(text)
    if b"\0" in encoded:  # where C's ends: another region's name, maybe
        raise RingError(_ARGUMENT, f"{text!r}: a name has no null byte")
    return encoded


def _refusal(error, name):
    """What the C library makes of an error of the kernel."""
    code = _OF_ERRNO.get(error.errno, _SYSTEM)
    number = error.errno if code == _SYSTEM else None
    return RingError(code, f"{name}: {os.strerror(error.errno)}", number=number)


def _path(directory, name):
    """Where a region of that name lies, if that is a name, as the C library has it."""
    if not _is_name(name):
        raise RingError(
            _ARGUMENT, f"{name!r}: a name is UTF-8 with no slash, no control and no dot in front")
    path = _bytes(directory) + b"/" + _bytes(name)
    if len(path) >= _PATH_BYTES or path == b"/" + _bytes(name):
        raise RingError(_ARGUMENT, f"{name}: its directory is none, or too long")
    return path


def _is_name(name):
    """As the C library sees it."""
    try:
        text = os.fsencode(name).decode()
    except UnicodeError:
        return False
    has_control = any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text)
    return text != "" and text[0] != "." and "/" not in text and not has_control


def _address(array):
    return ctypes.c_void_p(array.ctypes.data)


_WHY = {
    _NO_REGION: "the file is not a Tickway region",
    _VERSIONS: "the region is of another version",
    _KINDS: "the region is no ring of ticks",
    _LAYOUT: "no ring of ticks of this build",
    _SIZE: "the file's size is not what its header says",
    _OWNER: "it belongs to another user, or others may write it",
}


def _verdict(header, size):
    """Why an attach would refuse a region by its header; 0: it would not."""
    kind, capacity, page = (int(header[word]) for word in ("kind", "capacity", "page_bytes"))
    unit = page or 4096
    is_layout = (
        header["header_bytes"] == _HEADER_BYTES
        and header["slot_bytes"] == SLOT.itemsize
        and header["layout_hash"] == _LAYOUTS.get(kind)
        and (2 if kind == BROADCAST else 1) <= capacity <= 1 << 30
        and capacity & (capacity - 1) == 0
        and (page == 0 or (4096 <= page <= 1 << 34 and page & (page - 1) == 0))
    )
    if header["magic"] != _MAGIC:
        return _NO_REGION
    if header["version"] != _VERSION:
        return _VERSIONS
    if kind not in _LAYOUTS:
        return _KINDS
    if not is_layout:
        return _LAYOUT
    is_size = size == header["bytes"] == -(-(4096 + capacity * 32) // unit) * unit
    return 0 if is_size else _SIZE


_FIELDS = numpy.dtype([(name, object) for name in RECORD.names])


def _records(given):
    """As an array of RECORD, with nothing spread over its fields or cut to fit into them."""
    if getattr(given, "dtype", None) == RECORD:
        return numpy.ascontiguousarray(given)
    if not _has_fields(given):
        raise TypeError(f"ticks have the fields {', '.join(RECORD.names)}: these have not")
    given = numpy.asarray(given, getattr(given, "dtype", _FIELDS))
    try:
        records = given.astype(RECORD, order="C")
    except OverflowError as error:
        raise ValueError(f"ticks: {error}") from error
    if numpy.any(numpy.isnan(records["price"]) & (given["price"] == given["price"])):
        raise ValueError("ticks: price is a number")
    for name in ("timestamp", "symbol_id", "quantity"):
        if not numpy.all(records[name] == given[name]):
            raise ValueError(f"ticks: {name} is a whole number of {RECORD[name].itemsize} bytes")
    return numpy.ascontiguousarray(records)


def _has_fields(given):
    """Of a number numpy would make each field; of an array with other fields, whatever it is."""
    if hasattr(given, "dtype"):
        return given.dtype.names == RECORD.names
    return isinstance(given, tuple) or isinstance(given, list) and all(map(_has_fields, given))
