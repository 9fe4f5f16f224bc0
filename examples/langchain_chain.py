"""A LangChain chain: name an entity type, get an answer that cites every document it rests on.

Run it with a type and, if the index is to be kept, a folder:

    python examples/langchain_chain.py "programming language"
    python examples/langchain_chain.py airline my-index

The language model is a stand-in that needs no key; put any chat model in its place.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import PromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_nerret import EntityTypeRetriever

CORPUS = Path(__file__).parents[1] / "demo" / "corpus.jsonl"

PROMPT = ChatPromptTemplate.from_template(
    "Name every {entity_type} in these documents. Cite the id in square brackets.\n\n{documents}"
)


def read_corpus() -> Iterator[Document]:
    """Read the demo sentences one by one."""
    with CORPUS.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield Document(line["text"], id=line["id"], metadata={"topic": line["topic"]})


def as_context(documents: list[Document]) -> str:
    """Write documents with their ids and the entities that were found in them."""
    return "\n".join(
        f"[{document.id}] {document.metadata['mentions'][0]['text']} | {document.page_content}"
        for document in documents
    )


def stand_in(prompt: PromptValue) -> AIMessage:
    """Answer as a language model would that names the first entity of each document."""
    documents = prompt.to_string().split("\n\n", 1)[1].splitlines()
    return AIMessage("\n".join(document.split(" | ")[0] for document in documents))


def main(entity_type: str, folder: str) -> None:
    """Index the demo sentences and ask for one type."""
    retriever = EntityTypeRetriever.from_documents(read_corpus(), path=folder)
    with retriever.index:
        chain = (
            {"documents": retriever | as_context, "entity_type": RunnablePassthrough()}
            | PROMPT
            | RunnableLambda(stand_in)
            | StrOutputParser()
        )
        print(chain.invoke(entity_type))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asked, *place = sys.argv[1:] or ["dinosaur"]
        main(asked, place[0] if place else temporary)
