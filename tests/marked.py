"""Documents from texts in which braces mark the spans."""

from nerret_tools import Document


def marked(document_id, text, **metadata):
    """``marked("a", "{Etna} smokes.", year=1990)`` has the span [0, 4)."""
    plain, spans = "", []
    for number, part in enumerate(text.replace("}", "{").split("{")):
        if number % 2:
            spans.append((len(plain), len(plain) + len(part)))
        plain += part
    return Document(id=document_id, text=plain, spans=spans, metadata=metadata)
