"""An index from its opening to its closing: found or made, looked at from outside, locked, and let go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from nerret_tools.detection import Detector
from nerret_tools.documents import IndexStats
from nerret_tools.models import Model, ModelSpec, find_spec
from nerret_tools.models.glance import glance
from nerret_tools.models.identity import open_store
from nerret_tools.searching import Searcher
from nerret_tools.storage import ChromaStore
from nerret_tools.twins import twin
from nerret_tools.user_folders import provide_home

if TYPE_CHECKING:
    from nerret_tools.models.entity_model import EntityModel


class OpenedIndex:
    """What an `EntityIndex` is before anything is added or asked."""

    def __init__(self, store: ChromaStore, model: Model, detector: Detector | None = None) -> None:
        self._store = store
        self._model = model
        self._detector = detector
        self._searcher = Searcher(store, model)

    @classmethod
    def open(
        cls,
        path: str | Path,
        name: str = "default",
        model: str | Path | ModelSpec = "minilm",
        create: bool = True,
        detector: Detector | None = None,
        *,
        backbone: str | Path | None = None,
        precision: str | None = None,
        device: str | None = None,
        scan_dtype: str = "int8",
    ) -> Self:
        """Open an index, or make it.

        The model itself is loaded when it is first needed, or by `load_model`.

        Args:
            path: A folder, or the address ``http://host:port`` of a Chroma server.
            name: One place can hold several indexes.
            model: Name or description of the model, or the path of a description in JSON. An index
                keeps the one it was made with.
            create: Whether to make the index where there is none.
            detector: Finds the mentions instead of the model's own span head.
            backbone: Folder with the backbone's files, where they are neither installed nor to
                be fetched.
            precision: ``int8-onnx`` runs the model's exported graph in ONNX Runtime; ``float32`` or
                ``bfloat16`` run in torch (extra ``torch``), ``int8`` or ``int4`` are for large backbones
                on small cards. ``None`` takes the one that the index was made with, which for a new
                index is the graph where the model has one and no device is named, else what the
                machine is good at. Vectors of two formats can be compared: their cosine is over 0.99.
            device: ``cpu``, ``cuda``, ``cuda:1``; ``cuda:0,cuda:1`` shares the documents, ``auto``
                spreads a backbone that does not fit over GPU and memory. ``None``: what
                ``NERRET_DEVICE`` says, else the first GPU, else the CPU.
            scan_dtype: Of the products when searching: ``int8``, or ``float32``, which is slower. The answers
                are the same to the last digit.

        Raises:
            InputError: The name or the number format is not possible.
            ModelNotFoundError: There is no such model.
            ModelMismatchError: The index was made with another model or detector.
            IndexNotFoundError: ``create`` is false and there is none.
            IndexLockedError: There is none yet, and another process writes to the folder.
            IndexFormatError: A newer version made it.
            StoreUnavailableError: The server does not answer, or the folder cannot be read, or made.
        """
        provide_home()
        asked = Model(find_spec(model), backbone, precision, device)
        store = open_store(
            path,
            name,
            asked.spec,
            detector=None if detector is None else detector.name,
            create=create,
            precision=asked.number_format,
            scan_dtype=scan_dtype,
        )
        return cls(store, replace(asked, precision=precision or str(store.identity["precision"])), detector)

    @staticmethod
    def names(path: str | Path) -> list[str]:
        """Return the names of all indexes at a place, sorted.

        Raises:
            IndexNotFoundError: There is no such folder, or it holds nothing of the kind.
            StoreUnavailableError: The server does not answer, or the folder cannot be read.
        """
        return ChromaStore.names(path)

    @staticmethod
    def glance(path: str | Path, model: str | Path | ModelSpec = "minilm") -> list[str]:
        """Return the names that `open` would surely open, in a few milliseconds.

        For programs that must start quickly: neither Chroma nor the model is loaded. Where it
        cannot tell, a name is left out, and only `open` says whether and why it cannot be opened.

        Args:
            path: As for `open`.
            model: As for `open`.

        Raises:
            ModelNotFoundError: There is no such model.
        """
        return glance(path, model)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError(
            "an open index cannot be pickled or copied: it holds files, locks and a model. Open it there instead: "
            f"EntityIndex.open({self._store.location!r}, name={self._store.name!r})"
        )

    def close(self) -> None:
        """Save what is cached and unlock the folder. Closing twice is fine."""
        self._store.close()

    def load_model(self) -> EntityModel:
        """Load the model now instead of at the first ``add`` or ``find`` (a second or two).

        Raises:
            ModelError: Its files are missing or damaged; the message says what to do.
        """
        return self._model.load()

    def stats(self) -> IndexStats:
        """Return what the index holds and what it was made with."""
        identity = self._store.identity
        return IndexStats(
            name=self._store.name,
            location=self._store.location,
            index_id=self._store.index_id,
            generation=self._store.generation(),
            documents=self._store.count_documents(),
            mentions=self._store.count_mentions(),
            dimension=self._store.dimension,
            model=str(identity["model"]),
            fingerprint=str(identity["fingerprint"]),
            precision=str(identity["precision"]),
            details={key.removeprefix("part_"): value for key, value in identity.items() if "part_" in key},
        )

    @classmethod
    async def aopen(cls, path: str | Path, name: str = "default", **options: Any) -> Self:
        """Open as `open` does, without blocking the event loop."""
        return await asyncio.to_thread(cls.open, path, name, **options)

    astats = twin(stats)
