"""Retrievers hold an open index: a copy of one says what to do instead."""

import copy
import pickle

import pytest
from langchain_nerret import EntityTypeRetriever as LangChainRetriever
from llama_index.retrievers.nerret import EntityTypeRetriever as LlamaIndexRetriever

from nerret_tools import EntityExtractor


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.deepcopy])
@pytest.mark.parametrize("made", [lambda index: LangChainRetriever(index=index), LlamaIndexRetriever])
def test_a_retriever_is_not_copied_and_says_what_to_do_instead(small_index, made, duplicate):
    with pytest.raises(TypeError, match=r"cannot be pickled or copied.*EntityIndex\.open"):
        duplicate(made(small_index))


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.deepcopy])
def test_an_extractor_is_not_copied_and_says_what_to_do_instead(duplicate):
    with pytest.raises(TypeError, match=r"cannot be pickled or copied.*EntityExtractor\.load"):
        duplicate(EntityExtractor.load())
