"""A user's own predictor, named on the command line: a function in a file, or a predictor made of one."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.predictors import FunctionPredictor
from personas.errors import InputError

if TYPE_CHECKING:
    from types import ModuleType

    from bench.predictors import Predictor

__all__ = ["predictor_named"]


def predictor_named(name: str) -> Predictor:
    """Return the predictor that ``FILE.py:NAME`` names; the file is run as any program of the user's is.

    Raises:
        InputError: there is no such file or name, the file fails, or what is named is no predictor.
    """
    path, colon, attribute = name.rpartition(":")
    if not colon or not attribute or not Path(path).is_file():
        raise InputError(
            f"{name!r} names no function in a file", where="--predictor", remedy="write it as mine.py:mine"
        )
    found = getattr(_loaded(Path(path)), attribute, None)
    if all(hasattr(found, part) for part in ("predict", "name", "simulated")) and not isinstance(found, type):
        return cast("Predictor", found)
    if not callable(found) or isinstance(found, type):
        raise InputError(
            f"{attribute!r} is no function of an item and a community, and no predictor",
            where=path,
            remedy="define it there, or make it with bench.predictors.predictor; of a class, name an object",
        )
    return FunctionPredictor(attribute, found)


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"own_predictor_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError("it is no Python file", where=str(path), remedy="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses and pickles look for it
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        told: Any = f"{type(error).__name__}: {error}"
        raise InputError(f"it cannot be run: {told}", where=str(path), remedy="mend the file") from error
    return module
