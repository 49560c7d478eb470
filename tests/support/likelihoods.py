"""A server that tells log-probabilities of its words, as OpenAI's chat completions do."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from tests.support.scripted import Asked, chat_reply
from tests.support.servers import OpenAIServer, WireRequest, completion

#: Spellings of a word that its probability is spread over.
SPELLINGS = {"YES": ("YES", "Yes", " yes"), "NO": ("NO", "No")}


class LikelyServer(OpenAIServer):
    """Answers YES or NO; ``share`` tells how likely YES is.

    Args:
        share: p(YES) of a request.
        silent: tells no log-probabilities though it is asked for them.
    """

    def __init__(self, share: Callable[[Asked], float], other: Callable[[Asked], str], silent: bool = False) -> None:
        self.share, self.silent = share, silent

        def answer(request: WireRequest) -> str:
            asked = read_request(request)
            if asked.asks_for("answer") and "YES or NO" in asked.system:
                return chat_reply(answer="YES" if share(asked) >= 0.5 else "NO")
            return other(asked)

        super().__init__(answer)

    def write_answer(self, request: WireRequest, text: str) -> bytes:
        """A completion, with the tokens of its text where they are asked for."""
        body = json.loads(completion(request.body.get("model", "x"), text))
        if request.body.get("logprobs") and not self.silent:
            tokens = re.findall(r"\s+|\w+|[^\w\s]+", text)
            content = [token_of(token, self.share(read_request(request))) for token in tokens]
            body["choices"][0]["logprobs"] = {"content": content, "refusal": None}
        return json.dumps(body).encode()


def token_of(token: str, share: float) -> dict[str, Any]:
    """A token with its alternatives: those of YES and NO, where it is one of them."""
    if token not in SPELLINGS:
        return {"token": token, "logprob": 0.0, "bytes": None, "top_logprobs": []}
    shares = {
        spelling: (share if word == "YES" else 1 - share) / len(spellings)
        for word, spellings in SPELLINGS.items()
        for spelling in spellings
    }
    top = [{"token": one, "logprob": math.log(max(p, 1e-9)), "bytes": None} for one, p in shares.items()]
    return {"token": token, "logprob": math.log(max(shares[token], 1e-9)), "bytes": None, "top_logprobs": top}


def read_request(request: WireRequest) -> Asked:
    """The plain form of a request."""
    return Asked(request.body["model"], str(request.parts[0][1]), request.parts[1:], (), None, None, None)
