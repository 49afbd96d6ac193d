"""``commonbond serve``: the interface in a browser, on this machine alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.output import print_json, tell
from tui.reading.shelf import find_folders

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C; the address is the only thing on standard output.

    Raises:
        InputError: a folder is not there, the address is no loopback address, or the port is taken.
    """
    import asyncio

    from tui.serving.server import serve

    folders = [Path(folder) for folder in options.open]
    find_folders(folders)

    def told(url: str, port: int) -> None:
        if options.json:
            found = {"url": url, "host": options.host, "port": port, "process": os.getpid()}
            print_json({"command": "serve", **found})
        else:
            print(url)
        sys.stdout.flush()
        tell("open this address in a browser on this machine; Ctrl-C ends it, and runs go on")

    asyncio.run(serve(folders, host=options.host, port=options.port, told=told))
    tell("no longer served")
    return 0
