"""nasdaq-protocols' server against the sender of `tickway replay`. Run by Tests/Conformance/nasdaq
in a folder with day.pcap and limits.json: nasdaq_server.py TICKWAY."""

import asyncio
import json
import os
import sys
import time
from collections import Counter

from nasdaq_protocols import soup

import nasdaq_ouch as ouch
from nasdaq_run import run

USER, PASSWORD, SESSION = "TICKWY", "secret", "FOREIGN001"


class Venue:
    """One account: what it was told, its live orders, and what became of all. Every order is, by
    its number, filled at once, filled in two parts, refused, or left to rest until cancelled."""

    def __init__(self):
        self.told = []
        self.live = {}
        self.last_ref = 0
        self.matches = 0
        self.counts = Counter()
        self.time = 34_200_000_000_000
        self.cut_each = 0
        self.cuts = 0

    def take(self, message):
        """What is to be said to a request."""
        self.time += 1_000
        asked = ouch.request(message)
        if asked["type"] == "Q":
            self.counts["queries"] += 1
            return [ouch.query_response(self.time, self.last_ref + 1)]
        return self.cancel(asked) if asked["type"] == "X" else self.enter(asked)

    def enter(self, order):
        assert order["ref"] > self.last_ref, "an order twice, or numbers that fall"
        self.last_ref = order["ref"]
        self.counts["sent"] += 1
        if order["ref"] % 4 == 0:
            self.counts["venue_rejected"] += 1
            return [ouch.rejected(order, self.time, 0x0F)]
        self.counts["acked"] += 1
        said = [ouch.accepted(order, self.time, 1_000_000 + order["ref"])]
        parts = {1: [order["quantity"]], 2: self.halves(order["quantity"]), 3: []}
        for quantity in parts[order["ref"] % 4]:
            self.matches += 1
            said.append(ouch.executed(order, self.time, quantity, self.matches))
        if order["ref"] % 4 == 3:
            self.live[order["ref"]] = order["quantity"]
        else:
            self.counts["filled"] += 1
        if order["ref"] % 16 == 1:
            self.counts["unknown_messages"] += 1
            said.append(b"z of a later edition")
        return said

    def cut_now(self, message):
        """How the connection ends at this request: before it is taken, before it is answered, or
        within the answer; None: not at all."""
        self.counts["requests"] += 1
        if message == ouch.QUERY or not self.cut_each or self.counts["requests"] % self.cut_each:
            return None
        self.cuts += 1
        return ("taken", "answered", "whole")[self.cuts % 3]

    def cancel_on_disconnect(self):
        """What is told of it is in the stream for whoever asks next."""
        for ref, quantity in self.live.items():
            self.counts["canceled"] += 1
            self.told.append(ouch.canceled(ref, self.time, quantity, b"Z"))
        self.live.clear()

    @staticmethod
    def halves(quantity):
        return [part for part in (quantity // 2, quantity - quantity // 2) if part]

    def cancel(self, asked):
        self.counts["cancels_sent"] += 1
        quantity = self.live.pop(asked["ref"], 0)
        if quantity == 0:
            return []  # Too late, as the protocol has it: without a word.
        self.counts["canceled"] += 1
        return [ouch.canceled(asked["ref"], self.time, quantity)]


class Server(soup.SoupServerSession, session_type="server"):
    """One connection; the venue behind it is the run's."""

    venue = None
    is_cut = False

    @classmethod
    def make(cls):
        # It closes a session whose client is silent for as long as its second interval.
        return cls(client_heartbeat_interval=1, server_heartbeat_interval=3)

    async def on_login(self, msg):
        if (msg.user, msg.password) != (USER, PASSWORD):
            return soup.LoginRejected(soup.LoginRejectReason.NOT_AUTHORIZED)
        told = self.venue.told
        first = int(msg.sequence) or len(told) + 1
        assert first <= len(told) + 1, (first, len(told))
        self.venue.counts["logins"] += 1
        self.venue.counts["replayed"] += len(told) + 1 - first
        asyncio.get_running_loop().call_soon(self.begin, first)
        return soup.LoginAccepted(SESSION, first)

    def begin(self, first):
        for message in self.venue.told[first - 1:]:
            self.send_seq_msg(message)
        if not self.venue.told:
            self.say(ouch.start_of_day(self.venue.time))

    def say(self, message):
        self.venue.told.append(message)
        self.send_seq_msg(message)

    def cut(self, left=b""):
        """Ends the connection without a word more than what is left; every other time the venue
        cancels what rests."""
        self.is_cut = True
        self._transport.write(left)
        self._transport.abort()
        if self.venue.cuts % 2:
            self.venue.cancel_on_disconnect()

    async def on_unsequenced(self, msg):
        if self.is_cut:
            return
        try:
            when = self.venue.cut_now(msg.data)
            if when == "taken":
                return self.cut()
            said = self.venue.take(msg.data)
            if when:
                self.venue.told += said
                packet = soup.SequencedData(said[0]).to_bytes()[1] if said else b""
                return self.cut(packet[:len(packet) // 2] if when == "whole" else b"")
            for message in said:
                self.say(message)
        except Exception as trouble:  # The library would only close the session.
            self.venue.counts[f"trouble: {trouble!r}"] += 1
            raise


async def replay(tickway, port, *options, password=PASSWORD):
    """A run against the server: its exit code, report and complaints."""
    process = await asyncio.create_subprocess_exec(
        tickway, "replay", "day.pcap", "--venue", f"127.0.0.1:{port}", "--limits", "limits.json",
        "--json", "-", *options, env={**os.environ, "TICKWAY_VENUE_PASSWORD": password},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    said, complaints = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said, complaints.decode()


async def trade(tickway, port, venue, strategy, *options):
    """A run with a strategy: both sides must count the same."""
    before = Counter(venue.counts)
    code, said, complaints = await replay(tickway, port, "--strategy", strategy, *options)
    assert code == 0, complaints
    report = json.loads(said)
    counts = venue.counts - before
    names = ["sent", "acked", "venue_rejected", "filled", "canceled"]
    if not venue.cut_each:
        names.append("cancels_sent")
    for name in names:
        assert report["orders"][name] == counts[name], (name, report["orders"], counts)
    assert report["orders"]["in_flight"] == report["orders"]["open"] == 0, report["orders"]
    assert report["run"]["anomalies"] == 0, report["run"]
    assert report["run"]["unknown_messages"] == counts["unknown_messages"] > 0, report["run"]
    assert counts["filled"] > 0 and counts["venue_rejected"] > 0, counts
    assert not venue.live, venue.live
    return counts["sent"]


async def trade_through_cuts(tickway, port, venue):
    """The connection ends again and again; the sender comes back, asks for what it has not heard,
    and at the end has heard all of it once."""
    before = Counter(venue.counts)
    venue.cut_each = 40
    sent = await trade(tickway, port, venue, "market-maker", "--reconnect", "20", "--pace", "10x")
    venue.cut_each = 0
    counts = venue.counts - before
    assert venue.cuts >= 6 and counts["logins"] > venue.cuts, (venue.cuts, counts)
    assert counts["replayed"] > 0, counts
    return sent, venue.cuts


async def main(tickway):
    venue = Server.venue = Venue()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server.make, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    code, _, complaints = await replay(tickway, port, password="wrong")
    assert code != 0 and "not authorised" in complaints, (code, complaints)

    sent = await trade(tickway, port, venue, "market-maker")
    # The venue's session goes on, and so do the order numbers, after a question for the next.
    sent += await trade(tickway, port, venue, "market-maker")
    assert venue.counts["queries"] == 1, venue.counts
    more, cuts = await trade_through_cuts(tickway, port, venue)

    # Nothing but heartbeats, for longer than a dead peer may be silent.
    begun = time.monotonic()
    code, _, complaints = await replay(tickway, port, "--pace", "2x")
    assert code == 0, complaints
    assert time.monotonic() - begun > 16, "the day was too short to prove anything"
    assert not [name for name in venue.counts if name.startswith("trouble")], venue.counts
    server.close()
    print(f"nasdaq-protocols' server: logins, {sent} orders in two sessions, {more} through {cuts}"
          " cuts with replays, heartbeats: ok")


run(main(sys.argv[1]))
