"""A vision-language model in this process as a dspy engine: no server, no key, nothing sent anywhere.

One generation at a time: on one device two at once are slower and need twice the memory.
"""

from __future__ import annotations

import base64
import binascii
import io
import threading
from collections.abc import Sequence
from typing import Any

import dspy
from dspy import lm15

from viddiff.core.errors import UsageError
from viddiff.core.extras import are_installed
from viddiff.lms.local_model import Conversation, GenerationOptions, LocalModel
from viddiff.lms.local_weights import LocalModelError, find_weights

MAX_NEW_TOKENS = 512


class LocalVLM:
    """A Hugging Face image-text model, loaded at the first request.

    Args:
        source: a folder, or a repository on the hub: ``owner/name`` or ``owner/name@revision``.
        device: "cuda", "mps" or "cpu"; default: the best there is.
        dtype: "float32", "bfloat16" or "float16"; default: what suits the device.
        max_new_tokens: for requests that set no ``max_tokens``.

    Raises:
        BackendError: the extra is not installed, or there is no such folder or repository.
    """

    supports_response_schema = False
    supported_params = frozenset({"temperature", "top_p", "max_tokens", "stop", "seed"})

    def __init__(
        self, source: str, device: str | None = None, dtype: str | None = None, max_new_tokens: int = MAX_NEW_TOKENS
    ) -> None:
        if not are_installed(("transformers", "torch")):
            raise LocalModelError("Local models need transformers and torch: pip install 'viddiff[local]'.")
        self.weights = find_weights(source)
        self.device, self.dtype, self.max_new_tokens = device, dtype, max_new_tokens
        self._model: LocalModel | None = None
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> LocalVLM:
        # Optimizers copy programs; gigabytes of weights and a lock are shared.
        return self

    def __repr__(self) -> str:
        return f"LocalVLM({self.name!r})"

    @property
    def name(self) -> str:
        """The repository or folder and the id of its weights."""
        return f"{self.weights.name}@{self.weights.id}"

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Answer one request.

        Raises:
            BackendError: the model cannot be loaded, or the request is too large for it.
            lm15.UnsupportedFeatureError: the request holds something that is neither text nor an image sent as data.
        """
        conversation = conversation_of(request)
        with self._lock:
            reply = self._load_once().reply(conversation, self.sampling(request.config))
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant([lm15.TextPart(reply.text)]),
            finish_reason=reply.finish_reason,
            usage=lm15.Usage(input_tokens=reply.input_tokens, output_tokens=reply.output_tokens),
        )

    def log_likelihoods(self, conversation: Conversation, answers: Sequence[str]) -> list[float]:
        """Of each answer to a conversation, summed over its tokens.

        Raises:
            BackendError: the model cannot be loaded, or the request is too large for it.
        """
        with self._lock:
            return self._load_once().log_likelihoods(conversation, answers)

    def _load_once(self) -> LocalModel:
        if self._model is None:
            self._model = LocalModel(self.weights.folder(), self.weights.name, self.device, self.dtype)
        return self._model

    def sampling(self, config: lm15.Config) -> GenerationOptions:
        """How a request wants its answer generated."""
        return GenerationOptions(
            max_tokens=config.max_tokens or self.max_new_tokens,
            temperature=config.temperature,
            top_p=config.top_p,
            top_k=config.top_k,
            stop=tuple(config.stop),
            seed=config.seed or 0,
        )


class LocalLM(dspy.LM):  # type: ignore[misc]  # dspy ships no types
    """An LM whose rollouts are draws of their own.

    dspy keeps ``rollout_id`` from engines. Without it every draw for one request would be alike, or, unseeded, none
    could be repeated.
    """

    def __call__(self, prompt: str | lm15.Request | None = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """Ask, with the seed of the rollout unless one is given."""
        rollout = kwargs.get("rollout_id", self.kwargs.get("rollout_id"))
        typed = isinstance(prompt, lm15.Request)  # such a request holds its own seed
        if rollout is not None and not typed and "seed" not in {**self.kwargs, **kwargs}:
            kwargs["seed"] = rollout
        return super().__call__(prompt, messages=messages, **kwargs)


def local_lm(
    model: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    max_new_tokens: int = MAX_NEW_TOKENS,
    **options: Any,
) -> dspy.LM:
    """The LM for ``local/<folder or repository>``; ``options`` are those of ``dspy.LM``.

    Its model string names the weights (``local/owner/name@id``) and its ``max_tokens`` is set, so that dspy's cache
    tells other weights and longer answers apart.

    Raises:
        UsageError: the string names nothing after ``local/``.
        BackendError: the extra is not installed, or there is no such folder or repository.
    """
    source = model.removeprefix("local/")
    if not source:
        raise UsageError(f"Model {model!r} names no model: write local/FOLDER or local/ and a Hugging Face repository.")
    engine = LocalVLM(source, device, dtype, max_new_tokens)
    options.setdefault("max_tokens", max_new_tokens)
    return LocalLM(f"local/{engine.name}", engine=engine, **options)


def conversation_of(request: lm15.Request) -> Conversation:
    """The messages of a request for a chat template: texts and images in the order in which they stand."""
    if request.tools or request.config.response_format:
        raise lm15.UnsupportedFeatureError("Local models take no tools and no response schema: use the chat adapter.")
    system = request.system
    conversation: Conversation = []
    if system:
        texts = [system] if isinstance(system, str) else [part.text for part in system]
        conversation.append({"role": "system", "content": [{"type": "text", "text": text} for text in texts]})
    for message in request.messages:
        conversation.append({"role": message.role, "content": [block_of(part) for part in message.parts]})
    return conversation


def block_of(part: Any) -> dict[str, Any]:
    """One part of a message as a content block, images decoded to RGB."""
    from PIL import Image

    if part.type == "text":
        return {"type": "text", "text": part.text}
    if part.type != "image" or not part.data:
        raise lm15.UnsupportedFeatureError(
            f"Local models take text and images sent as data, not a part of type {part.type!r}."
        )
    try:
        with Image.open(io.BytesIO(base64.b64decode(part.data))) as image:
            return {"type": "image", "image": image.convert("RGB")}
    except (OSError, binascii.Error) as error:
        raise lm15.InvalidRequestError("An image of the request cannot be decoded: check the frame store.") from error
