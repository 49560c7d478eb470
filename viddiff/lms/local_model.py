"""A Hugging Face image-text model in this process: messages in, text out."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dspy.utils.exceptions import ContextWindowExceededError

from viddiff.core.errors import BackendError
from viddiff.lms.local_load import device_of, dtype_of, load, out_of_memory, translate_load_errors
from viddiff.lms.local_weights import LocalModelError

#: Messages in the form of chat templates: a role and content blocks, ``{"type": "image", "image": PIL image}`` or text.
Conversation = list[dict[str, Any]]
_PROBES = ("viddiff probe one", "viddiff probe two")


class RequestTooLargeError(BackendError, ContextWindowExceededError):  # type: ignore[misc]  # dspy ships no types
    """One request is more than a local model can hold; also an LM error, which dspy passes on as it is."""

    def __init__(self, message: str) -> None:
        ContextWindowExceededError.__init__(self, message=message)


@dataclass(frozen=True)
class GenerationOptions:
    """How to generate. No temperature (or 0): the likeliest token each time; else drawn from ``seed``."""

    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Reply:
    """What a model generated; "length": it had more to say."""

    text: str
    input_tokens: int
    output_tokens: int
    finish_reason: Literal["stop", "length"]


class LocalModel:
    """Processor and weights, on one device. Not for two threads at a time.

    Args:
        folder: as written by ``save_pretrained``, weights in safetensors.
        name: what messages call it.
        device: "cuda", "cuda:1", "mps" or "cpu"; default: the best there is.
        dtype: "float32", "bfloat16" or "float16"; default: 16 bits on an accelerator, 32 on the CPU.

    Raises:
        UsageError: there is no such device or dtype.
        LocalModelError: the folder holds no model that can look at interleaved images.
    """

    def __init__(self, folder: Path, name: str, device: str | None = None, dtype: str | None = None) -> None:
        self.name = name
        self.device = device_of(device)
        with translate_load_errors(name):
            self.processor, self.model = load(folder, dtype_of(dtype, self.device))
            self.model.to(self.device).eval()
        if not hasattr(self.processor, "image_processor"):
            raise LocalModelError(f"Local model {name!r} takes no images: use an image-text model.")
        self.check_template()
        self.takes_system = self.render("system") is not None
        specials = {str(token) for token in self.processor.tokenizer.added_tokens_decoder.values() if token.special}
        specials |= {getattr(self.processor, "image_token", None) or "<image>"}
        self._specials = re.compile("|".join(re.escape(token) for token in sorted(specials, key=len, reverse=True)))

    def reply(self, conversation: Conversation, sampling: GenerationOptions) -> Reply:
        """Answer a conversation. The same conversation, sampling and device give the same text.

        Raises:
            RequestTooLargeError: it does not fit the model's context or the memory.
        """
        inputs = self.inputs(conversation)
        n_input = int(inputs["input_ids"].shape[1])
        n_left = self.context_left(n_input)
        n_new = sampling.max_tokens if n_left is None else min(sampling.max_tokens, n_left)
        with translate_memory_errors(self.name):
            tokens = self.generate(inputs, n_new, sampling)[n_input:]
        return self.read(tokens, n_input, n_new, sampling.stop)

    def log_likelihoods(self, conversation: Conversation, answers: Sequence[str]) -> list[float]:
        """Of each answer to a conversation, summed over its tokens; the end of the answer is not among them.

        Raises:
            RequestTooLargeError: it does not fit the model's context or the memory.
        """
        inputs = self.inputs(conversation)
        n_left = self.context_left(int(inputs["input_ids"].shape[1]))
        likelihoods = []
        for answer in answers:
            text = self.escape_tokens({"type": "text", "text": answer})["text"]
            ids = self.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
            if n_left is not None and len(ids) > n_left:
                raise RequestTooLargeError(
                    f"An answer of {len(ids)} tokens does not fit the context of local model {self.name!r}: send fewer "
                    "or smaller frames."
                )
            with translate_memory_errors(self.name):
                likelihoods.append(self._log_likelihood(inputs, ids))
        return likelihoods

    def _log_likelihood(self, inputs: Any, answer: Sequence[int]) -> float:
        """Of the tokens of an answer after the inputs, in one pass."""
        import torch

        n_input = int(inputs["input_ids"].shape[1])
        added = {"input_ids": torch.tensor([list(answer)]), "attention_mask": torch.ones(1, len(answer)).long()}
        longer = inputs.copy()
        for name, value in inputs.items():
            # What else there is for each token, as its type, is 0 for text.
            if value.shape == (1, n_input):
                padding = added.get(name, torch.zeros(1, len(answer))).to(value.dtype)
                longer[name] = torch.cat([value, padding], dim=1)
        with torch.inference_mode():
            logits = self.model(**longer.to(self.device, dtype=self.model.dtype)).logits[0, n_input - 1 : -1]
            tokens = torch.tensor(answer, device=logits.device)
            return float(logits.float().log_softmax(-1).gather(1, tokens[:, None]).sum())

    def inputs(self, conversation: Conversation) -> Any:
        """A conversation as the model reads it, up to where its answer begins."""
        return self.processor.apply_chat_template(
            self.prepare(conversation),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )

    def prepare(self, conversation: Conversation) -> Conversation:
        """The conversation as the template takes it: no control tokens in text, a system message only if it may."""
        messages = [
            {**message, "content": [self.escape_tokens(block) for block in message["content"]]}
            for message in conversation
        ]
        if messages[0]["role"] == "system" and not self.takes_system:
            system, user, *rest = messages
            messages = [{**user, "content": [*system["content"], *user["content"]]}, *rest]
        return messages

    def escape_tokens(self, block: dict[str, Any]) -> dict[str, Any]:
        """A block whose text cannot end a turn or stand for an image: text is data."""
        if block["type"] != "text":
            return block
        return {**block, "text": self._specials.sub(lambda match: f"{match[0][0]} {match[0][1:]}", block["text"])}

    def context_left(self, n_input: int) -> int | None:
        """How many tokens the context has left; None where the model states no limit."""
        limit = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        if limit is None:
            return None
        if n_input >= limit:
            raise RequestTooLargeError(
                f"The request is {n_input} tokens long and local model {self.name!r} takes {limit}: "
                "send fewer or smaller frames."
            )
        return int(limit) - n_input

    def generate(self, inputs: Any, n_new: int, sampling: GenerationOptions) -> Any:
        """All tokens, those of ``inputs`` first, shape (n,)."""
        import torch

        options: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if sampling.temperature:
            # Left out, the checkpoint's own values would hold: with the top_k of 1 of Qwen2-VL all draws are alike.
            options = {
                "do_sample": True,
                "temperature": sampling.temperature,
                "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
                "top_k": sampling.top_k or 0,
            }
        if sampling.stop:
            options |= {"stop_strings": list(sampling.stop), "tokenizer": self.processor.tokenizer}
        inputs = inputs.to(self.device, dtype=self.model.dtype)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.inference_mode(), torch.random.fork_rng(devices=devices):
            torch.manual_seed(sampling.seed)
            return self.model.generate(**inputs, max_new_tokens=n_new, **options)[0]

    def read(self, tokens: Any, n_input: int, n_new: int, stop: tuple[str, ...]) -> Reply:
        """The reply in the new tokens, cut before the first stop string."""
        text = self.processor.tokenizer.decode(tokens, skip_special_tokens=True)
        cuts = [text.index(string) for string in stop if string in text]
        ends = self.model.generation_config.eos_token_id
        ended = cuts or (len(tokens) and int(tokens[-1]) in (ends if isinstance(ends, list) else [ends]))
        if cuts:
            text = text[: min(cuts)]
        return Reply(text.strip(), n_input, len(tokens), "stop" if ended or len(tokens) < n_new else "length")

    def check_template(self) -> None:
        """Raise LocalModelError unless the chat template leaves images where they stand, each after its label."""
        rendered = self.render("user", {"type": "image"})
        if rendered is None:
            raise LocalModelError(f"Local model {self.name!r} has no chat template for images: use a chat model.")
        between = rendered.partition(_PROBES[0])[2].partition(_PROBES[1])
        if not (between[1] and between[0].strip()):
            raise LocalModelError(
                f"Local model {self.name!r} takes images separately from the text, so frames would lose their labels: "
                "use a model for interleaved images, such as Qwen2.5-VL or SmolVLM."
            )

    def render(self, role: str, *between: dict[str, str]) -> str | None:
        """A message of ``role`` with two texts as the template writes it; None where it does not."""
        from jinja2 import TemplateError

        first, second = ({"type": "text", "text": text} for text in _PROBES)
        messages = [{"role": role, "content": [first, *between, second]}]
        if role == "system":
            # Some templates (Llama 3.2) refuse a system message only where there are images.
            messages.append({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "."}]})
        try:
            text = str(self.processor.apply_chat_template(messages, add_generation_prompt=True))
        except (TemplateError, ValueError, TypeError, KeyError):
            return None
        return text if all(probe in text for probe in _PROBES) else None


@contextmanager
def translate_memory_errors(name: str) -> Iterator[None]:
    """Turn running out of memory into one sentence, and give back what was taken."""
    import torch

    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        # The frames of the failed call hold its tensors for as long as the error lives.
        traceback.clear_frames(error.__traceback__)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise RequestTooLargeError(
            f"Local model {name!r} ran out of memory: send fewer or smaller frames, or use a smaller model."
        ) from None
