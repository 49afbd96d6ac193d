"""Putting an export on the Hugging Face Hub: its card, its manifest and its data, in one commit, and no more."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.export.manifest import MANIFEST, Manifest
from simulator.export.writing.staging import CARD, DATA, RUN
from simulator.models.secrets import known_secrets, scrubbed

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

__all__ = ["push_to_hub"]

JOURNAL = "journal.sqlite"
LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"
ANOTHER = "name it OWNER/NAME, one that your token may write"


def push_to_hub(
    folder: str | Path,
    repository: str,
    *,
    private: bool = True,
    token: str | None = None,
    with_journal: bool = False,
) -> str:
    """Upload an export to the Hugging Face Hub, and return the address of its repository.

    Files of rows that an earlier upload left there and this export does not have are removed in the same commit, as
    they would be read with the others.

    Args:
        folder: of the export.
        repository: ``OWNER/NAME``; made where it is absent.
        private: whether only its owner may read it. An export that is to be private is not added to a public one.
        token: of the Hub; that of ``hf auth login`` or ``HF_TOKEN`` where None.
        with_journal: whether to upload the run's journal too, with every prompt, reply and ballot.

    Raises:
        InputError: no whole export is there, a file was changed after it was written, there is no token, the Hub
            cannot be reached or refuses, or the repository is public and the export is to be private.
    """
    from huggingface_hub import HfApi, constants, get_token

    path = Path(folder)
    manifest = Manifest.load(path)
    _verify(path, manifest)
    journal = _journal_of(path, manifest) if with_journal else None
    if constants.is_offline_mode():
        raise InputError("the Hub is not to be reached", where="HF_HUB_OFFLINE", remedy="unset it")
    key = token or get_token()
    if not key:
        raise InputError("there is no token for the Hub", where=repository, remedy=LOGIN)
    with ExitStack() as stack:
        uploads = {name: path / name for name in (CARD, MANIFEST, *sorted(manifest.files))}
        if journal is not None:
            scratch = Path(stack.enter_context(TemporaryDirectory()))
            uploads[f"{RUN}/{JOURNAL}"] = _copied(journal, scratch / JOURNAL)
        try:
            return _pushed(HfApi(token=key), repository, uploads, private=private)
        except (OSError, ValueError, RuntimeError) as error:
            if isinstance(error, InputError):
                raise
            raise _told(error, repository, key) from None
        except Exception as error:
            if not type(error).__module__.startswith(("httpx", "hf_xet", "huggingface_hub")):
                raise
            raise _told(error, repository, key) from None


def _pushed(api: HfApi, repository: str, uploads: dict[str, Path], *, private: bool) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    url = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
    if private and not api.dataset_info(repository).private:
        raise InputError(
            "the repository is public, and the export is to be private",
            where=repository,
            remedy="name another one, or say that it may be public",
        )
    known = api.list_repo_files(repository, repo_type="dataset")
    stale = [name for name in known if name.startswith(f"{DATA}/") and name not in uploads]
    changes: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(path_in_repo=name, path_or_fileobj=file) for name, file in uploads.items()
    ]
    changes += [CommitOperationDelete(path_in_repo=name) for name in stale]
    api.create_commit(
        repository,
        changes,
        repo_type="dataset",
        commit_message="Synthetic preference data made by commonbond",
    )
    return str(url)


def _verify(folder: Path, manifest: Manifest) -> None:
    if not (folder / CARD).is_file():
        raise InputError("the card is missing", where=str(folder / CARD), remedy="export the run again")
    for name, facts in manifest.files.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(
                f"it cannot be read: {error.strerror}",
                where=str(folder / name),
                remedy="export the run again",
            ) from None
        if found != facts.sha256:
            raise InputError(
                "it was changed after it was written", where=str(folder / name), remedy="export the run again"
            )


def _journal_of(folder: Path, manifest: Manifest) -> Path:
    journal = folder / str(manifest.run["folder"]) / JOURNAL
    if not journal.is_file():
        raise InputError(
            "the run's journal is not there", where=str(journal), remedy="push without the journal"
        )
    return journal


def _copied(journal: Path, copy: Path) -> Path:
    """Copy a journal with what its write-ahead log holds."""
    address = f"{journal.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise InputError(
            f"the run's journal cannot be read: {error}",
            where=str(journal),
            remedy="push without the journal",
        ) from None
    return copy


def _told(error: Exception, repository: str, token: str) -> InputError:
    """Return what to say of a failure, without the token and without headers."""
    answer: Any = getattr(error, "response", None)
    code = getattr(answer, "status_code", None)
    said = scrubbed(str(error) or type(error).__name__, [token, *known_secrets()])
    if code in {401, 403}:
        return InputError(f"the Hub refuses the token: {said}", where=repository, remedy=LOGIN)
    if code is not None:
        return InputError(f"the Hub refuses it: {said}", where=repository, remedy=ANOTHER)
    if type(error).__name__ == "HFValidationError":
        return InputError(f"it is no name of a repository: {said}", where=repository, remedy=ANOTHER)
    return InputError(
        f"the Hub cannot be reached: {said}", where=repository, remedy="check the network, and try again"
    )
