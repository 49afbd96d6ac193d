"""Norm stores on disk: a Parquet table, one FAISS index a community, and a hash of each; no pickle."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.errors import InputError
from personas.norms import Norm, NormStore, flat_index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["load_norms", "save_norms"]

FORMAT = "commonbond-norms/1"


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
    (folder / "norms.json").write_text(json.dumps(head, indent=1, sort_keys=True) + "\n", encoding="utf-8")


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
        vectors = index.reconstruct_n(0, index.ntotal) if index.ntotal else np.zeros((0, 1), np.float32)
        stores[entry["community"]] = NormStore(
            community=entry["community"], norms=group, vectors=vectors, model=head["model"], _index=[index]
        )
    return stores


def _verified_head(folder: Path, content: str) -> dict[str, Any]:
    again = "delete the folder and build the norms again"
    try:
        head: dict[str, Any] = json.loads((folder / "norms.json").read_text(encoding="utf-8"))
        hashes = {entry["file"]: entry["sha256"] for entry in head["stores"]}
        hashes["norms.parquet"] = head["table"]
        damaged = next((file for file, digest in hashes.items() if _sha256(folder / file) != digest), None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"the norms cannot be read: {error}", where=str(folder), remedy=again) from error
    if head.get("format") != FORMAT:
        raise InputError(f"they are not of the format {FORMAT}", where=str(folder), remedy=again)
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
        }
        for name, store in sorted(stores.items())
        for norm in store.norms
    ]
    text = pa.string()
    kinds = [text, text, text, text, text, pa.float64(), pa.int32(), text]
    names = ["community", "post", "title", "text", "author", "endorsement", "support", "basis"]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, kinds, strict=True))))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
