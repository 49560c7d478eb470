"""What a projector is made of and how it is trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from viddiff.core.record import Record

#: What describes frames; "given": files of features do.
EncoderName = Literal["grey", "clip", "given"]
#: The card of a projector, in its folder.
CARD = "projector.json"
_Count = Annotated[int, Field(ge=1)]
_Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1)]


class ProjectorOptions(Record):
    """A projector and its training; the paper gives layers and tokens, and leaves the rest to its supplement."""

    frames: Annotated[int, Field(ge=1, le=512)] = 8
    """Of a clip, evenly over it (section 4)."""
    inputs: Annotated[int, Field(ge=0, le=4096)] = 0
    """Features are projected on so many directions, those in which the clips differ most; 0: as they are."""
    width: _Count = 1024
    """Numbers of a token inside of the projector."""
    heads: _Count = 8
    """Of its attention."""
    layers: _Count = 2
    """Of the Perceiver (section 4)."""
    tokens: _Count = 32
    """That a clip becomes (section 4)."""
    mlp: _Count = 4
    """Factor of the hidden width."""
    learning_rate: _Above0 = 1e-4
    """The highest; see ``warm_up``."""
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.05
    """Of AdamW."""
    warm_up: _Share = 0.03
    """Share of the steps in which the rate rises; then it falls as a cosine."""
    clip_norm: _Above0 = 1.0
    """Gradients are cut to this length."""
    batch: _Count = 128
    """Questions in a batch."""
    steps: _Count = 5000
    """Batches in all."""
    keep_every: _Count = 50
    """Steps after which the state is kept."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the language model; the projector is trained in float32."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Another seed, another projector."""


#: What differs from the full size on a CPU, for rendered clips.
TINY: dict[str, Any] = {
    "frames": 16, "inputs": 64, "width": 64, "heads": 4, "tokens": 4, "mlp": 2, "learning_rate": 2e-3, "batch": 64,
    "steps": 1200,
}  # fmt: skip
