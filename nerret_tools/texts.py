"""What a text must be, the same for every entrance: documents, ids, types, texts to extract from."""

from __future__ import annotations

from nerret_tools.errors import DocumentError, EntityTypeError

MAX_TYPE_CHARACTERS = 1000
"""About one window of the backbone: a type is a phrase or a sentence, not a page."""


def lone_surrogate(text: str) -> int | None:
    """The place of the first half of a surrogate pair, which is no Unicode text; ``None`` where all is well."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


def check_text(text: str, what: str) -> None:
    """Refuse a text that cannot be written down as UTF-8; `what` it is in the message, such as ``its text``.

    Raises:
        DocumentError: It has a lone surrogate.
    """
    place = lone_surrogate(text)
    if place is not None:
        raise DocumentError(
            f"{what} has a lone surrogate at character {place}, which is no Unicode text; "
            "decode the source again with errors='replace'"
        )


def check_type(text: str, what: str) -> None:
    """Refuse words that cannot name or define an entity type; `what` they are in the message.

    Raises:
        EntityTypeError: It is no text, empty, too long, or has no letters.
    """
    if not isinstance(text, str):
        raise EntityTypeError(f"{what} must be text, not {type(text).__name__}")
    if not text.strip():
        raise EntityTypeError(f"{what} is empty; say it in words, such as 'dinosaur' or 'airline'")
    if len(text) > MAX_TYPE_CHARACTERS:
        raise EntityTypeError(
            f"{what} has {len(text):,} characters, {MAX_TYPE_CHARACTERS:,} are the most; "
            "describe it in a phrase or a sentence"
        )
    place = lone_surrogate(text)
    if place is not None:
        raise EntityTypeError(f"{what} has a lone surrogate at character {place}, which is no Unicode text")
    if not any(character.isalpha() for character in text):
        raise EntityTypeError(f"{what} ({text!r}) has no letters; say it in words")
