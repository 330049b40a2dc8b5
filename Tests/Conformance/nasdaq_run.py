"""Runs one end of a test with nasdaq-protocols, and ends the process with it."""

import asyncio
import os
import sys
import traceback


def run(main):
    """Exits 0 if `main` returns, 1 with its trace if it raises. At once: some of the library's
    tasks do not end when they are cancelled, and an event loop that is closed waits for them."""

    async def guarded():
        code = 0
        try:
            await main
        except BaseException:  # Whatever it was, the process must end.
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

    asyncio.run(guarded())
