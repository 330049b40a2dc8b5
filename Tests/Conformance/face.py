"""The Python face, claim by claim. Run by Tests/Conformance/examples."""
import copy
import errno
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback

import numpy
import tickring

NAME = f"tickway-face-{os.getpid()}"


def ticks(first, count):
    records = numpy.zeros(count, tickring.RECORD)
    records["timestamp"] = numpy.arange(first, first + count)
    records["price"] = records["timestamp"] * 0.5
    return records


def refused(code, call, *arguments):
    try:
        call(*arguments)
    except tickring.RingError as error:
        assert error.code == code, error
        return error
    raise AssertionError(f"{call} was not refused")


def a_view_sees_a_live_queue_and_claims_nothing():
    tickring.create(NAME, tickring.TICKS, 8)
    with tickring.Producer(NAME) as producer, tickring.Consumer(NAME) as consumer:
        view = tickring.View(NAME)
        assert view.published == 0 and len(view.latest(5)) == 0
        assert producer.publish(ticks(0, 20)) == 8
        assert view.published == 8 and view.taken == 0
        assert list(view.latest(3)["timestamp"]) == [5, 6, 7]
        assert list(consumer.poll(6)["timestamp"]) == list(range(6))
        assert producer.publish(ticks(8, 4)) == 4
        assert view.published == 12 and view.taken == 6
        assert list(view.latest(100)["timestamp"]) == list(range(6, 12))
        assert consumer.poll()["price"][-1] == 5.5
        assert consumer.wait(timeout=0.01) == tickring.TIMEOUT
        assert refused(13, tickring.Consumer, NAME).owner_pid == os.getpid()
        producer.close()
        assert consumer.wait(timeout=5) == tickring.PEER_GONE
    tickring.remove(NAME)


def begin_to_write(capacity, sequence, ahead=None):
    """As a producer does that is stopped within a record: its time is there, its word is not."""
    with open(os.path.join(tickring.DIRECTORY, NAME), "r+b") as file:
        for at, value in ((4096 + sequence % capacity * 32, 12345), (640, ahead)):
            if value is not None:
                file.seek(at)
                file.write(value.to_bytes(8, "little"))


def a_view_leaves_out_what_is_being_written_over():
    tickring.create(NAME, tickring.TICKS, 8)
    with tickring.Producer(NAME) as producer, tickring.Consumer(NAME) as consumer:
        view = tickring.View(NAME)
        assert producer.publish(ticks(0, 8)) == 8 and len(consumer.poll()) == 8
        for sequence in (8, 9):
            begin_to_write(8, sequence)
        assert list(view.latest(8)["timestamp"]) == list(range(2, 8))
    tickring.remove(NAME)
    tickring.create(NAME, tickring.BROADCAST, 64)
    with tickring.Writer(NAME) as writer:
        view = tickring.View(NAME)
        writer.write(ticks(0, 100))
        assert list(view.latest(64)["timestamp"]) == list(range(36, 100))
        begin_to_write(64, 100, 101)
        assert list(view.latest(64)["timestamp"]) == list(range(37, 100))
    tickring.remove(NAME)


def numbers_of_a_broken_peer_are_no_trap():
    for kind, at in ((tickring.TICKS, 384), (tickring.BROADCAST, 512), (tickring.BROADCAST, 640)):
        tickring.create(NAME, kind, 8)
        view = tickring.View(NAME)
        for back in (1, 2, 8, 9, 2**63, 2**63 + 1):
            with open(os.path.join(tickring.DIRECTORY, NAME), "r+b") as file:
                file.seek(at)
                file.write((2**64 - back).to_bytes(8, "little"))
            assert 0 <= view.published < 2**64 and 0 <= view.taken < 2**64
            assert len(view.latest(8)) <= 8
        tickring.remove(NAME)


def a_view_of_a_broadcast_ring_counts_each_tick():
    tickring.create(NAME, tickring.BROADCAST, 1024)
    with tickring.Writer(NAME) as writer:
        view = tickring.View(NAME)
        for count in (0, 1, 255, 256, 257, 1023, 1024, 1025, 5000):
            writer.write(ticks(view.published, count - view.published))
            assert view.published == count
    tickring.remove(NAME)


def an_observer_counts_what_it_lost():
    tickring.create(NAME, tickring.BROADCAST, 64)
    with tickring.Writer(NAME) as writer:
        with tickring.Observer(NAME, tickring.NEXT) as observer:
            writer.write(ticks(0, 10))
            assert list(observer.poll()["timestamp"]) == list(range(10)) and observer.lost == 0
            writer.write(ticks(10, 1000))
            last = observer.poll()
            assert last["timestamp"][-1] == 1009 and observer.next == 1010
            assert observer.seen + observer.lost == 1010 and observer.seen == 10 + len(last)
            assert tickring.View(NAME).latest(1)["timestamp"][0] == 1009
    tickring.remove(NAME)


def a_waiting_consumer_is_woken():
    tickring.create(NAME, tickring.TICKS, 8)
    with tickring.Producer(NAME) as producer, tickring.Consumer(NAME) as consumer:
        threading.Timer(0.02, lambda: producer.publish(ticks(7, 1))).start()
        assert consumer.wait(timeout=20) == tickring.READY
        assert list(consumer.poll()["timestamp"]) == [7]
    tickring.remove(NAME)


def ctrl_c_ends_a_wait():
    tickring.create(NAME, tickring.TICKS, 8)
    # Whoever is started in the background ignores it, and Python leaves that so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with tickring.Producer(NAME) as producer, tickring.Consumer(NAME) as consumer:
        late = threading.Timer(20, producer.publish, (ticks(7, 1),))  # that the test ends at all
        late.start()
        try:  # on a busy machine it may come before the wait has begun
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            result = consumer.wait()
        except KeyboardInterrupt:
            result = None
        late.cancel()
        signal.signal(signal.SIGINT, before)
        assert result is None, result
        assert consumer.wait(timeout=-1) == tickring.TIMEOUT
    tickring.remove(NAME)


def a_sealed_ring_is_received_and_read_live():
    ours, theirs = socket.socketpair()
    with tickring.Region.sealed(tickring.TICKS, 8) as sealed:
        with tickring.Producer(sealed) as producer:
            sealed.send(ours)
            view = tickring.View.receive(theirs)
            assert producer.publish(ticks(0, 5)) == 5
            assert view.published == 5 and list(view.latest(2)["timestamp"]) == [3, 4]
            sealed.send(ours)
            with tickring.Region.receive(theirs) as region, tickring.Consumer(region) as consumer:
                assert list(consumer.poll()["timestamp"]) == list(range(5))
                assert refused(13, tickring.Producer, region).owner_pid == os.getpid()
                refused(9, tickring.Observer, region)
            assert view.taken == 5 and producer.publish(ticks(5, 8)) == 8
        assert view.published == 13
    ours.close()
    theirs.close()


def in_child(body):
    """Whether it ends well in a child of this process."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            body()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def another_user_opens_the_ends_of_what_it_was_handed():
    ours, theirs = socket.socketpair()

    def use():
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        with tickring.Region.receive(theirs) as region:
            consumer, producer = tickring.Consumer(region), tickring.Producer(region)
            refused(13, tickring.Consumer, region)
            assert producer.publish(ticks(0, 3)) == 3 and len(consumer.poll()) == 3
            producer.close()
            assert consumer.wait(timeout=5) == tickring.PEER_GONE

    with tickring.Region.sealed(tickring.TICKS, 8) as sealed:
        sealed.send(ours)
        assert in_child(use)
    ours.close()
    theirs.close()


def a_close_gives_the_role_back_whatever_children_live():
    tickring.create(NAME, tickring.TICKS, 8)
    producer = tickring.Producer(NAME)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until its parent is done, or gone
        os._exit(0)
    producer.close()
    tickring.Producer(NAME).close()
    os.close(writing)
    os.close(reading)
    os.waitpid(child, 0)
    tickring.remove(NAME)


def what_is_not_sealed_is_refused():
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as file:
        file.write(bytes(8192))
        for count in (1, 2):
            control = struct.pack(f"{count}i", *[file.fileno()] * count)
            before = len(os.listdir("/proc/self/fd"))
            for call in (tickring.View.receive, tickring.Region.receive):
                ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, control)])
                refused(12 if count == 1 else 7, call, theirs)
            assert len(os.listdir("/proc/self/fd")) == before
    ours.send(b"x")
    refused(7, tickring.View.receive, theirs)
    refused(1, tickring.Region.sealed, tickring.TICKS, 7)
    ours.close()
    theirs.close()


def a_truncated_ring_is_lost_and_no_crash():
    tickring.create(NAME, tickring.TICKS, 4096)
    with tickring.Producer(NAME) as producer:
        view = tickring.View(NAME)
        view.guard()
        producer.guard()
        assert not view.is_lost and not producer.is_lost
        os.truncate(os.path.join(tickring.DIRECTORY, NAME), 0)
        producer.publish(ticks(0, 4096))
        assert len(view.latest(10)) == 0
        assert view.is_lost and producer.is_lost
    tickring.remove(NAME)


def a_ring_in_huge_pages_is_read():
    # As the C library would make it, had it huge pages: as long as two of them.
    tickring.create(NAME, tickring.TICKS, 65536)
    path = os.path.join(tickring.DIRECTORY, NAME)
    with open(path, "r+b") as file:
        file.truncate(4 << 20)
        for at, value in ((32, 4 << 20), (80, 2 << 20)):
            file.seek(at)
            file.write(value.to_bytes(8, "little"))
    assert tickring.View(NAME).capacity == 65536
    with open(path, "r+b") as file:
        file.seek(80)
        file.write((3 << 20).to_bytes(8, "little"))
    refused(10, tickring.View, NAME)
    tickring.remove(NAME)


def a_view_guarded_twice_is_guarded_once():
    tickring.create(NAME, tickring.TICKS, 8)
    for _ in range(65):  # one more than can be guarded at a time
        view = tickring.View(NAME)
        view.guard()
        view.guard()
        del view
    tickring.remove(NAME)


def an_array_that_outlives_its_view_is_guarded():
    tickring.create(NAME, tickring.TICKS, 4096)
    view = tickring.View(NAME)
    view.guard()
    kept = view.slots[5:]
    del view

    def touch():
        os.truncate(os.path.join(tickring.DIRECTORY, NAME), 0)
        assert kept["record"]["timestamp"].sum() == 0

    assert in_child(touch)
    tickring.remove(NAME)


def options_that_are_none_are_refused():
    tickring.create(NAME, tickring.BROADCAST, 8)
    with tickring.Region.sealed(tickring.TICKS, 8) as sealed:
        consumer = tickring.Consumer(sealed)
        for call, arguments in (
                (tickring.create, (NAME + "x", tickring.TICKS, 2**64 + 64)),
                (tickring.create, (NAME + "x", tickring.TICKS, -1)),
                (tickring.create, (NAME + "x", 2**32 + 1, 8)),
                (tickring.Region.sealed, (tickring.TICKS, 2**64 + 8)),
                (tickring.Region.sealed, (2**32 + 1, 8)),
                (tickring.Observer, (NAME, 9)), (tickring.Observer, (NAME, 2**32 + 1)),
                (tickring.Observer, (NAME, "x")), (tickring.Observer, (NAME, None)),
                (consumer.wait, (9, 0.01)), (consumer.wait, ("x", 0.01)),
                (consumer.wait, (-1, 0.01))):
            try:
                call(*arguments)
            except ValueError:
                continue
            raise AssertionError(f"{call} takes {arguments}")
        consumer.close()
    assert not os.path.exists(os.path.join(tickring.DIRECTORY, NAME + "x"))
    tickring.remove(NAME)


def an_end_is_not_copied():
    with tickring.Region.sealed(tickring.TICKS, 8) as sealed:
        with tickring.Producer(sealed) as producer:
            for what in (sealed, producer):
                for call in (copy.copy, copy.deepcopy, pickle.dumps):
                    try:
                        call(what)
                    except TypeError:
                        continue
                    raise AssertionError(f"{call} takes {what}")


def what_is_alive_at_exit_ends_in_silence():
    tickring.create(NAME, tickring.TICKS, 8)
    ends = "view, end = tickring.View(NAME), tickring.Consumer(NAME); view.guard(); end.guard()"
    for keep in ("pass", "view.itself, end.itself = view, end", "tickring.kept = view, end",
                 "sys.kept = view, end"):
        text = f"import sys, tickring; NAME = {NAME!r}; {ends}; {keep}"
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, timeout=60)
        assert done.returncode == 0 and done.stderr == b"", done
    tickring.remove(NAME)


def what_an_attach_refuses_a_view_refuses():
    tickring.create(NAME, tickring.TICKS, 8)
    path = os.path.join(tickring.DIRECTORY, NAME)
    for end in (tickring.View, tickring.Consumer):
        os.chmod(path, 0o620)
        refused(12, end, NAME)
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:  # another layout of its slots
            file.seek(40)
            there = file.read(8)
            file.seek(40)
            file.write(bytes(8))
            file.flush()
            refused(10, end, NAME)
            file.seek(40)
            file.write(there)
        end(NAME)
        for at, value, code in ((0, 1, 7), (8, 2, 8), (12, 5, 9), (20, 64, 10), (24, 7, 10),
                                (24, 1024, 11), (32, 4096, 11), (80, 5000, 10), (80, 16384, 11)):
            with open(path, "r+b") as file:
                file.seek(at)
                there = file.read(4)
                file.seek(at)
                file.write(value.to_bytes(4, "little"))
                file.flush()
                refused(code, end, NAME)
                file.seek(at)
                file.write(there)
        end(NAME)
    tickring.remove(NAME)


def where_no_region_lies_every_end_says_the_same():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        for name, content in (("text", b"x" * 8192), ("short", b"x")):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
            os.chmod(file.name, 0o600)
        os.symlink("text", os.path.join(folder, "link"))
        os.mkdir(os.path.join(folder, "directory"))
        os.mkfifo(os.path.join(folder, "fifo"))
        server.bind(os.path.join(folder, "socket"))
        cases = [(3, "absent", folder), (7, "text", folder), (7, "short", folder),
                 (7, "link", folder), (7, "directory", folder), (7, "fifo", folder),
                 (7, "socket", folder), (3, "x", os.path.join(folder, "text")),
                 (1, "x" * 300, folder), (1, "x", "/" * 600), (1, "x", ""), (1, "x", "/tmp\0")]
        for code, name, directory in cases:
            before = len(os.listdir("/proc/self/fd"))
            assert refused(code, lambda: tickring.View(name, directory)).errno is None
            assert refused(code, lambda: tickring.Consumer(name, directory=directory)).code == code
            assert len(os.listdir("/proc/self/fd")) == before, name


def whatever_holds_records_is_published_whole():
    tickring.create(NAME, tickring.TICKS, 64)
    with tickring.Producer(NAME) as producer, tickring.Consumer(NAME) as consumer:
        assert producer.publish(ticks(0, 12).reshape(3, 4), numpy.uint32(7)) == 12
        assert producer.publish(ticks(12, 1)[0]) == 1
        assert producer.publish(ticks(13, 20)[::4], 2**32 - 1) == 5
        assert list(consumer.poll()["timestamp"]) == list(range(13)) + [13, 17, 21, 25, 29]
        words = tickring.View(NAME).slots["word"][:18] >> numpy.uint64(32)
        assert list(words) == [7] * 12 + [0] + [2**32 - 1] * 5
    tickring.remove(NAME)


def what_is_no_tick_is_not_published():
    others = numpy.zeros(2, [("price", "<f8"), ("quantity", "<u4")])
    wide = numpy.zeros(2, [(name, "<i8") for name in tickring.RECORD.names])
    fitting = wide.copy()
    wide["quantity"] = 2**32
    nothing = [[1, 2, 3.7], 5, 1.5, "abc", None, numpy.arange(3), others, wide, [(1, 2, 3.0)],
               [(1, 2, 3.0, 4), 5], [(-1, 2, 3.0, 4)], [(1, 2, 3.0, 2**32)], [(1.5, 2, 3.0, 4)],
               [("1", 2, 3.0, 4)], [(1, 2, None, 4)], [(1, 2, 3.0, float("nan"))]]
    tick = ticks(7, 1)
    for kind, end in ((tickring.TICKS, tickring.Producer), (tickring.BROADCAST, tickring.Writer)):
        tickring.create(NAME, kind, 64)
        view = tickring.View(NAME)
        with end(NAME) as out:
            give = out.publish if kind == tickring.TICKS else out.write
            for records, received in [(each, 0) for each in nothing] + [
                    (tick, -1), (tick, 2**32), (tick, 2**40), (tick, 1.5), (tick, None)]:
                try:
                    give(records, received)
                except (TypeError, ValueError):
                    continue
                raise AssertionError(f"published: {records} {received}")
            assert view.published == 0
            for records in ([], (1, 2, 3.5, 4), [(1, 2, 3.5, 4), tick[0]], [tick, tick], fitting):
                give(records, 2**32 - 1)
            assert view.published == 7 and view.latest(7)["price"][0] == 3.5
        tickring.remove(NAME)


def what_the_kernel_refuses_is_told():
    ours, theirs = socket.socketpair()
    theirs.close()
    with tickring.Region.sealed(tickring.TICKS, 8) as sealed:
        error = refused(6, sealed.send, ours)
        assert error.errno == errno.EPIPE and os.strerror(errno.EPIPE) in str(error)
    ours.close()
    assert refused(3, tickring.Consumer, NAME).errno is None


def a_name_is_no_path_and_does_not_end_within():
    tickring.create(NAME, tickring.TICKS, 8)
    for call in (tickring.View, tickring.Consumer):
        for name in (NAME + "\0x", "../shm/" + NAME, "./" + NAME, "a\x85", "\udcff", ""):
            refused(1, call, name)
    for call in (tickring.create, tickring.remove):
        refused(1, call, NAME + "\0x")
    tickring.remove(NAME)


def what_is_no_ring_is_refused():
    refused(3, tickring.Consumer, NAME)
    path = os.path.join(tickring.DIRECTORY, NAME)
    for content in (b"", bytes(100), bytes(9000)):
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o600)
        for call in (tickring.View, tickring.Consumer):
            try:
                call(NAME)
                raise AssertionError("not refused")
            except tickring.RingError:
                pass
    os.remove(path)
    refused(1, tickring.create, NAME, tickring.TICKS, 7)


a_view_sees_a_live_queue_and_claims_nothing()
a_view_leaves_out_what_is_being_written_over()
numbers_of_a_broken_peer_are_no_trap()
a_view_of_a_broadcast_ring_counts_each_tick()
an_observer_counts_what_it_lost()
a_waiting_consumer_is_woken()
ctrl_c_ends_a_wait()
a_sealed_ring_is_received_and_read_live()
another_user_opens_the_ends_of_what_it_was_handed()
a_close_gives_the_role_back_whatever_children_live()
what_is_not_sealed_is_refused()
a_truncated_ring_is_lost_and_no_crash()
a_ring_in_huge_pages_is_read()
a_view_guarded_twice_is_guarded_once()
an_array_that_outlives_its_view_is_guarded()
options_that_are_none_are_refused()
an_end_is_not_copied()
what_is_alive_at_exit_ends_in_silence()
what_an_attach_refuses_a_view_refuses()
where_no_region_lies_every_end_says_the_same()
whatever_holds_records_is_published_whole()
what_is_no_tick_is_not_published()
what_the_kernel_refuses_is_told()
a_name_is_no_path_and_does_not_end_within()
what_is_no_ring_is_refused()
print("face: ok")
