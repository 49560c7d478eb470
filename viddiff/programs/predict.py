"""What dspy's own save, load and acall need to work on the modules of this package."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dspy

from viddiff.signatures.clip import Clip, open_stores, saving_references
from viddiff.video.loaded import LoadedVideo

if TYPE_CHECKING:
    from viddiff.video import FrameStore


class ClipPredict(dspy.Predict):  # type: ignore[misc]  # dspy ships no types
    """A predictor whose saved state names the frames of its examples; a plain ``dspy.Predict`` writes their pixels.

    It keeps to this in whatever program it is used, for every program saves its predictors one by one.
    """

    def forward(self, **inputs: Any) -> dspy.Prediction:
        """dspy's; raises InputError where a frame is in none of the stores in force."""
        # dspy would pass over the error where it writes the request, and ask without the frame.
        for value in inputs.values():
            if isinstance(value, Clip):
                value.format()
        return super().forward(**inputs)

    def dump_state(self, json_mode: bool = True) -> dict[str, Any]:
        """dspy's state, with clips as references."""
        with saving_references():
            state: dict[str, Any] = super().dump_state(json_mode=json_mode)
        return state

    def load_state(self, state: dict[str, Any], **options: Any) -> ClipPredict:
        """dspy's state; references become clips again, which plain dspy would leave as dicts."""
        super().load_state(state, **options)
        self.demos: list[Any] = [self._validate(dict(demo)) for demo in state["demos"]]
        return self

    def _validate(self, values: dict[str, Any]) -> dspy.Example:
        for name, field in self.signature.fields.items():
            if field.annotation is Clip and isinstance(values.get(name), dict):
                values[name] = Clip.model_validate(values[name])
        return dspy.Example(**values)


class AsyncModule(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """A module that can be awaited (``acall``), and whose requests find the frames of the videos that it is given.

    Attributes:
        stores: where the frames of its examples lie.
        optional: whether it may go unused, being one of several in a file.
    """

    stores: tuple[FrameStore, ...] = ()
    optional: bool = False

    def __call__(self, *args: Any, **inputs: Any) -> dspy.Prediction:
        """``forward``, with the frames at hand."""
        with open_stores(*self.stores, *stores_of(*args, *inputs.values())):
            return super().__call__(*args, **inputs)

    async def aforward(self, *args: Any, **inputs: Any) -> dspy.Prediction:
        """``forward`` in a thread of dspy's (``async_max_workers`` at once); returns and raises the same."""
        # In a thread and not on the LM's own acall, for a model in this process has none, and videos are read on cores.
        forward = functools.partial(type(self).forward, self)
        with open_stores(*self.stores, *stores_of(*args, *inputs.values())):
            return await dspy.asyncify(forward)(*args, **inputs)

    def dump_state(self, json_mode: bool = True) -> dict[str, Any]:
        """dspy's state of all predictors, also of modules that an optimizer froze."""
        with unfreeze(self):
            state: dict[str, Any] = super().dump_state(json_mode=json_mode)
        return state

    def load_state(self, state: dict[str, Any], **options: Any) -> None:
        """The counterpart of ``dump_state``."""
        with unfreeze(self):
            super().load_state(state, **options)


def stores_of(*inputs: object) -> Iterator[FrameStore]:
    """The stores of the loaded videos among the inputs of a program."""
    for value in inputs:
        if isinstance(value, LoadedVideo):
            yield value.sequence.store
        elif isinstance(value, (list, tuple)):
            yield from stores_of(*(one for one in value if isinstance(one, LoadedVideo)))


@contextlib.contextmanager
def unfreeze(program: dspy.Module) -> Iterator[None]:
    """Within this context the modules in a program that dspy's optimizers froze are parts of it again.

    dspy leaves them out of what a program saves, and then cannot load the file.
    """
    frozen = [module for _, module in program.named_sub_modules(dspy.Module) if module._compiled]
    try:
        for module in frozen:
            module._compiled = False
        yield
    finally:
        for module in frozen:
            module._compiled = True
