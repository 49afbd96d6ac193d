"""Where a data set lies: on this machine, or on the Hugging Face Hub under an id such as ``owner/name``.

The ``datasets`` library finds and fetches the files as they were published, and they are then read like local
ones: one path of code for both, no second copy of a large file as Arrow tables, and the field names of the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["is_hub_id", "local_files"]

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def is_hub_id(source: str | Path) -> bool:
    """Return whether a source is an id on the Hub, and no path that is there.

    >>> is_hub_id("owner/name"), is_hub_id("/data/file.csv")
    (True, False)
    """
    return HUB_ID.fullmatch(str(source)) is not None and not Path(source).exists()


def local_files(source: str | Path, names: Sequence[str]) -> dict[str, Path]:
    """Return where a source's files lie on this machine, by name; those it lacks are left out.

    Args:
        source: a folder that holds them, one file of any name (returned alone, under its own name), or an id on
            the Hub, from which they are fetched into the cache of the ``datasets`` library.
        names: the files' names; gzipped ones are found in a folder too.

    Raises:
        InputError: there is no such source, it has none of the files, or they cannot be fetched.
    """
    if is_hub_id(source):
        return fetched(str(source), names)
    path = Path(source)
    if path.is_file():
        return {path.name: path}
    if not path.is_dir():
        raise InputError("nothing is there", where=str(source), remedy="name a file, a folder or OWNER/NAME")
    places = {name: (path / name, path / f"{name}.gz") for name in names}
    found = {name: file for name, tried in places.items() for file in tried[::-1] if file.is_file()}
    if not found:
        raise InputError(
            f"the folder has no {' and no '.join(names)}", where=str(path), remedy="name the file itself"
        )
    return found


def fetched(repository: str, names: Sequence[str]) -> dict[str, Path]:
    """Fetch files of a repository of data (an id, or a folder with one inside) through ``datasets``.

    Raises:
        InputError: ``datasets`` is not installed, the Hub cannot be reached, or the repository lacks the files.
    """
    try:
        import datasets
    except ImportError:
        raise InputError(
            "fetching from the Hub needs the library `datasets`",
            where=repository,
            remedy="install commonbond[hub], or download the files by hand and give their path",
        ) from None
    wanted = {Path(name).stem: name for name in names}
    try:
        builder = datasets.load_dataset_builder(repository, data_files=wanted)
        places = datasets.DownloadManager().download(dict(builder.config.data_files))
    except (OSError, ValueError) as error:
        told = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise InputError(
            f"the files {', '.join(names)} cannot be fetched: {told}",
            where=repository,
            remedy=f"see that https://huggingface.co/datasets/{repository} can be reached and has them, or "
            "download them by hand and give their path",
        ) from None
    return {name: Path(places[stem][0]) for stem, name in wanted.items()}
