"""nasdaq-protocols' client against `tickway venue`. Run by Tests/Conformance/nasdaq in a folder
with day.pcap and ticks.symbols.csv: nasdaq_client.py TICKWAY."""

import asyncio
import csv
import os
import subprocess
import sys
import time

from nasdaq_protocols import soup

import nasdaq_ouch as ouch
from nasdaq_run import run

USER, PASSWORD, SESSION = "NASDAQ", "secret", "TICKWAY001"
# Longer than a dead peer may be silent.
SILENCE = 16.5


class Client:
    """A session, and all that it was told, by sequence from 1."""

    heard = []

    def __init__(self, session):
        self.session = session

    @classmethod
    async def connect(cls, sequence, user=USER, password=PASSWORD, session=SESSION, patience=3):
        return cls(await soup.connect_async(
            cls.venue, user, password, session, sequence, client_heartbeat_interval=1,
            server_heartbeat_interval=patience))

    @classmethod
    async def refused(cls, why, **how):
        """A login that must be refused."""
        try:
            await cls.connect(**{"sequence": 1, **how})
        except ConnectionRefusedError as refusal:
            assert why in str(refusal), refusal
            return
        raise AssertionError(f"a login was not refused: {how}")

    async def next(self):
        message = await asyncio.wait_for(self.session.receive_msg(), 5)
        assert isinstance(message, soup.SequencedData), message
        Client.heard.append(message.data)
        return message.data

    async def ask(self, message, wanted):
        """Sends a request; the answers must be of the kinds in `wanted`."""
        self.session.send_unseq_data(message)
        answers = [ouch.answer(await self.next()) for _ in wanted]
        assert "".join(a["type"] for a in answers) == wanted, answers
        return answers if len(wanted) > 1 else answers[0]

    async def cut(self):
        """Ends the connection without a word."""
        self.session._transport.abort()
        await self.closed()

    async def closed(self):
        end = time.monotonic() + 5
        while not self.session.is_closed():
            assert time.monotonic() < end, "the session does not end"
            await asyncio.sleep(0.01)


async def logins():
    await Client.refused("NOT_AUTHORIZED", password="wrong")
    await Client.refused("NOT_AUTHORIZED", user="NOBODY")
    await Client.refused("SESSION_NOT_AVAILABLE", session="OTHER")
    await Client.refused("SESSION_NOT_AVAILABLE", sequence=99)
    client = await Client.connect(1)
    assert client.session.session_id.session == SESSION
    assert ouch.answer(await client.next())["event"] == "S"
    await Client.refused("SESSION_NOT_AVAILABLE")
    return client


async def orders(client, symbol):
    far = 0.01
    assert (await client.ask(ouch.QUERY, "Q"))["next"] == 1
    rests = await client.ask(ouch.enter(1, "B", 100, symbol, far), "A")
    assert rests["state"] == "L" and rests["symbol"] == symbol and rests["price"] == 100
    partly = await client.ask(ouch.cancel(1, left=40), "C")
    assert (partly["ref"], partly["quantity"], partly["reason"]) == (1, 60, "U")
    other = await client.ask(ouch.replace(1, 2, 30, 2 * far), "U")
    assert (other["old"], other["ref"], other["quantity"], other["price"]) == (1, 2, 30, 200)
    gone = await client.ask(ouch.cancel(2), "C")
    assert (gone["ref"], gone["quantity"]) == (2, 30)
    _, fill = await client.ask(ouch.enter(3, "B", 10, symbol, 9_999, tif="3"), "AE")
    assert (fill["ref"], fill["quantity"], fill["liquidity"]) == (3, 10, "R")
    _, back = await client.ask(ouch.enter(4, "S", 10, symbol, far, tif="3"), "AE")
    assert back["match"] > fill["match"] and back["price"] <= fill["price"]
    _, none = await client.ask(ouch.enter(5, "B", 10, symbol, far, tif="3"), "AC")
    assert (none["ref"], none["quantity"], none["reason"]) == (5, 10, "I")
    unknown = await client.ask(ouch.enter(6, "B", 10, "NOSUCH", 1), "J")
    assert (unknown["ref"], unknown["reason"]) == (6, 0x17)
    await account(client, symbol, far)
    await client.ask(ouch.enter(12, "T", 50, symbol, 9_999), "A")
    fewer = await client.ask(ouch.modify(12, "S", 20), "M")
    assert (fewer["side"], fewer["quantity"]) == ("S", 20)
    # A number that is used up is ignored, and so is what the venue cannot read.
    client.session.send_unseq_data(ouch.enter(3, "B", 10, symbol, 9_999, tif="3"))
    client.session.send_unseq_data(b"z???")
    client.session.send_unseq_data(b"O??")
    client.session.send_debug("a word aside")
    assert (await client.ask(ouch.QUERY, "Q"))["next"] == 13


async def account(client, symbol, far):
    """All orders of one symbol cancelled at once; order entry switched off and on again."""
    await client.ask(ouch.enter(7, "B", 100, symbol, far), "A")
    gone, done = await client.ask(ouch.mass_cancel(8, symbol), "CX")
    assert (gone["ref"], gone["quantity"], gone["reason"]) == (7, 100, "U")
    assert (done["ref"], done["symbol"]) == (8, symbol)
    assert (await client.ask(ouch.switch_entry("D", 9), "G"))["ref"] == 9
    refused = await client.ask(ouch.enter(10, "B", 100, symbol, far), "J")
    assert (refused["ref"], refused["reason"]) == (10, 0x0C)
    assert (await client.ask(ouch.switch_entry("E", 11), "K"))["ref"] == 11


async def replays(client):
    """Cut off, a client hears again what it missed, to the byte."""
    await client.cut()
    before = list(Client.heard)
    for first in (1, len(before) // 2, len(before)):
        end = time.monotonic() + 5
        while True:  # Until the venue has noticed that the last connection is gone.
            try:
                again = await Client.connect(first)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
        assert again.session.sequence == first - 1
        Client.heard = []
        # Its order that rested was cancelled with its connection.
        told = [await again.next() for _ in range(first, len(before) + 2)]
        assert told[:-1] == before[first - 1:], first
        last = ouch.answer(told[-1])
        assert (last["type"], last["ref"], last["reason"]) == ("C", 12, "Z"), last
        again.session.logout()
        await again.closed()
    return len(before) + 1


async def silence(count, venue):
    """Nothing but heartbeats; then the venue ends the session."""
    client = await Client.connect(0)
    assert client.session.sequence == count
    await asyncio.sleep(SILENCE)
    assert client.session.is_active(), "the venue was silent, or took the client for dead"
    assert (await client.ask(ouch.QUERY, "Q"))["next"] == 13
    venue.terminate()
    assert ouch.answer(await client.next())["event"] == "E"
    await client.closed()


async def main(tickway):
    rows = csv.DictReader(open("ticks.symbols.csv"))
    symbol = next(r["symbol"] for r in rows if r["symbol"])
    secret = {**os.environ, "TICKWAY_VENUE_PASSWORD": PASSWORD}
    venue = subprocess.Popen(
        [tickway, "venue", "--capture", "day.pcap", "--pace", "max", "--user", USER,
         "--session", SESSION],
        stdout=subprocess.PIPE, text=True, env=secret)
    try:
        host, port = venue.stdout.readline().split()[-1].rsplit(":", 1)
        Client.venue = (host, int(port))
        await asyncio.sleep(1)  # The market has come and stays.
        client = await logins()
        await orders(client, symbol)
        await silence(await replays(client), venue)
        said, _ = venue.communicate(timeout=5)
        assert venue.returncode == 0, venue.returncode
        for words in ("logins 5", "duplicates 1", "unknown 1", "malformed 1"):
            assert words in said, said
    finally:
        venue.kill()
    print("nasdaq-protocols' client: logins and refusals, orders, replays, heartbeats: ok")


run(main(sys.argv[1]))
