"""A LlamaIndex query engine: ingest documents, name an entity type, get an answer with its sources.

Run it with a type and, if the index is to be kept, a folder:

    python examples/llama_index_query.py "programming language"
    python examples/llama_index_query.py airline my-index

The language model is LlamaIndex's own stand-in, which repeats its prompt and needs no key; put any other in its place.
"""

import json
import sys
import tempfile
from pathlib import Path

from llama_index.core import Document
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.retrievers.nerret import EntityIndexTransform, EntityTypeRetriever

from nerret_tools import EntityIndex

CORPUS = Path(__file__).parents[1] / "demo" / "corpus.jsonl"


def read_corpus() -> list[Document]:
    """Read the demo sentences."""
    lines = map(json.loads, CORPUS.read_text(encoding="utf-8").splitlines())
    return [Document(id_=line["id"], text=line["text"], metadata={"topic": line["topic"]}) for line in lines]


def main(entity_type: str, folder: str) -> None:
    """Index the demo sentences and ask for one type."""
    with EntityIndex.open(folder) as index:
        IngestionPipeline(transformations=[EntityIndexTransform(index)]).run(documents=read_corpus())
        engine = RetrieverQueryEngine.from_args(EntityTypeRetriever(index), llm=MockLLM())
        response = engine.query(entity_type)
        print(response)
        print("\nSources:")
        for source in response.source_nodes:
            names = ", ".join(mention.text for mention in source.mentions)
            print(f"[{source.node.node_id}] {names}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asked, *place = sys.argv[1:] or ["dinosaur"]
        main(asked, place[0] if place else temporary)
