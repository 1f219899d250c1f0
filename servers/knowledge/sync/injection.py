"""Words in a document that are meant for a model and not for people: flagged for whoever reads on, never obeyed."""

import re

from platform_core.untrusted import escaped

_PATTERNS = re.compile(
    "|".join(
        (
            r"\b(ignore|disregard|forget|override)\b[^.\n]{0,40}\b(previous|prior|above|earlier|all|your|any|other)\b"
            r"[^.\n]{0,30}\b(instructions?|rules?|prompts?|guidelines?|directions?)\b",
            r"\b(you are|act as|behave as) (now )?(an?|the) (ai|assistant|language model|system|admin\w*|developer)\b",
            r"\b(system|developer) (prompt|message)s?\b",
            r"\b(note|message|instructions?|attention)[^.\n]{0,20}\b(to|for) (the )?"
            r"(ai|assistants?|language models?|llms?|(chat ?)?bots?|agents?)\b",
            r"\b(assistants?|language models?|llms?|chat ?bots?|agents?)\b[^.\n]{0,60}\b(must|should|are to|have to)\b"
            r"[^.\n]{0,60}\b(reveal|send|call|reply|answer|say|tell|run|delete|mark|treat|print|output|include)\b",
            r"\bdo not (tell|mention|reveal|show)[^.\n]{0,30}\b(the )?(user|person|human)s?\b",
            r"<\|?(im_start|im_end|system|assistant|endoftext)\|?>",
            r"\[/?INST\]",
            r"</?(tool_call|function_calls?|tool_result)\b",
        )
    ),
    re.IGNORECASE,
)
_HIDDEN = 8
"""Signs that people do not see, from which on somebody hides something."""


def is_suspect(text: str) -> bool:
    """Whether `text` holds instructions to a model, or a good deal that people do not see."""
    return _PATTERNS.search(text) is not None or _unseen(text) >= _HIDDEN


def _unseen(text: str) -> int:
    shown = escaped(text)
    return 0 if shown == text else sum(1 for sign in text if sign > "\x7f" and escaped(sign) != sign)
