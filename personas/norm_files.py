"""Norm stores on disk: a Parquet table, one FAISS index a community, and a hash of each; no pickle."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.errors import InputError
from personas.norms import Norm, NormStore, build_norms, flat_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personas.community import Membership
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = ["cached_norms", "load_norms", "save_norms"]

FORMAT = "commonbond-norms/2"


def save_norms(stores: Mapping[str, NormStore], folder: Path, *, content: str) -> None:
    """Write norm stores into ``folder``: a table, one FAISS index a store, and their hashes.

    Args:
        content: the hash of the corpus that the norms were built from; ``load_norms`` asks for it again.
    """
    import faiss
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(_as_table(stores), folder / "norms.parquet", compression="zstd")
    entries: list[dict[str, Any]] = []
    for number, (name, store) in enumerate(sorted(stores.items())):
        file = f"index-{number:04}.faiss"
        faiss.write_index(flat_index(store.vectors), str(folder / file))
        entries.append({"community": name, "file": file, "sha256": _sha256(folder / file)})
    model = next((store.model for store in stores.values()), "")
    head = {"format": FORMAT, "content": content, "model": model, "stores": entries}
    head["table"] = _sha256(folder / "norms.parquet")
    (folder / "norms.json").write_bytes(_sealed(head))


def load_norms(folder: Path, *, content: str) -> dict[str, NormStore]:
    """Read what ``save_norms`` wrote, after comparing every file with its hash.

    Raises:
        InputError: a file is missing or changed, or the norms were built from another corpus.
    """
    import faiss
    import pyarrow.parquet as pq

    head = _verified_head(folder, content)
    table = pq.read_table(folder / "norms.parquet").to_pylist()
    norms: dict[str, list[Norm]] = {entry["community"]: [] for entry in head["stores"]}
    for row in table:
        norms[row.pop("community")].append(Norm(**row))
    stores = {}
    for entry in head["stores"]:
        index = faiss.read_index(str(folder / entry["file"]))
        group = tuple(norms[entry["community"]])
        vectors = index.reconstruct_n(0, index.ntotal) if index.ntotal else np.zeros((0, index.d), np.float32)
        stores[entry["community"]] = NormStore(
            community=entry["community"], norms=group, vectors=vectors, model=head["model"], _index=[index]
        )
    return stores


def cached_norms(
    corpus: Corpus,
    membership: Membership,
    embedder: Embedder,
    *,
    a0: float = 1.0,
    b0: float = 1.0,
    cache: Path,
) -> dict[str, NormStore]:
    """Return what ``build_norms`` returns, from ``cache`` where the same norms were built before.

    The same are those of the same content, members, model and prior. An entry that is damaged is built again.

    Args:
        cache: a folder; the norms are kept in its folder ``norms``.
    """
    model = [embedder.name, float(a0), float(b0)]
    members = [membership.origin, [[c.name, c.within, c.members] for c in membership.communities]]
    known_by = json.dumps([FORMAT, corpus.content, members, model])
    folder = cache / "norms" / hashlib.sha256(known_by.encode()).hexdigest()
    if folder.exists():
        try:
            return load_norms(folder, content=corpus.content)
        except InputError:  # a cache may always be made again
            shutil.rmtree(folder, ignore_errors=True)
    stores = build_norms(corpus, membership, embedder, a0=a0, b0=b0)
    _keep(stores, folder, content=corpus.content)
    return stores


def _keep(stores: Mapping[str, NormStore], folder: Path, *, content: str) -> None:
    """Write stores beside ``folder`` and move them there whole; whoever was there first stays."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as part:
            save_norms(stores, Path(part) / "norms", content=content)
            if not folder.exists():
                (Path(part) / "norms").rename(folder)
    except (OSError, RuntimeError) as error:  # FAISS raises the latter
        if folder.exists():
            return
        raise InputError(
            f"the norms cannot be kept here: {error}",
            where=str(folder.parent),
            remedy="name another folder in COMMONBOND_CACHE",
        ) from error


def _sealed(head: dict[str, Any]) -> bytes:
    """Return ``head`` as JSON with a hash of itself, so that a change of its own shows as well."""
    body = {key: value for key, value in head.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps({**body, "seal": seal}, indent=1, sort_keys=True).encode() + b"\n"


def _verified_head(folder: Path, content: str) -> dict[str, Any]:
    again = "delete the folder and build the norms again"
    try:
        written = (folder / "norms.json").read_bytes()
        head: dict[str, Any] = json.loads(written)
        hashes = {entry["file"]: entry["sha256"] for entry in head["stores"]}
        hashes["norms.parquet"] = head["table"]
        damaged = next((file for file, digest in hashes.items() if _sha256(folder / file) != digest), None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the norms cannot be read: {error}", where=str(folder), remedy=again) from error
    if head.get("format") != FORMAT:
        raise InputError(f"they are not of the format {FORMAT}", where=str(folder), remedy=again)
    if not damaged and _sealed(head) != written:
        damaged = "norms.json"
    if damaged:
        raise InputError(
            "the file was changed after it was written", where=str(folder / damaged), remedy=again
        )
    if head["content"] != content:
        raise InputError("the norms are of another corpus", where=str(folder), remedy=again)
    return head


def _as_table(stores: Mapping[str, NormStore]) -> Any:
    import pyarrow as pa

    rows = [
        {
            "community": name,
            "post": norm.post,
            "title": norm.title,
            "text": norm.text,
            "author": norm.author,
            "endorsement": norm.endorsement,
            "support": norm.support,
            "basis": norm.basis,
            "thread": norm.thread,
        }
        for name, store in sorted(stores.items())
        for norm in store.norms
    ]
    text = pa.string()
    kinds = [text, text, text, text, text, pa.float64(), pa.int32(), text, text]
    names = ["community", "post", "title", "text", "author", "endorsement", "support", "basis", "thread"]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, kinds, strict=True))))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
