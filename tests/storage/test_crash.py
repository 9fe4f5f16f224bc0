"""A writer that is killed at any step leaves nothing half-written to see, and the same write repairs it."""

import pytest

WRITER = """
import os, signal, sys
import numpy as np
from chromadb.api.models.Collection import Collection
from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

folder, action, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
calls = 0

def counted(original):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)
    return call

store = ChromaStore.open(folder, identity={}, dimension=8)
for name in ("upsert", "delete", "modify"):
    setattr(Collection, name, counted(getattr(Collection, name)))
if action == "delete":
    store.delete(["kept", "changed"])
else:
    arrays = np.load(sys.argv[4], allow_pickle=True)["batch"]
    store.write([tuple(pair) for pair in arrays])
if calls + 1 == kill_at:
    os.kill(os.getpid(), signal.SIGKILL)
store.close()
"""


@pytest.fixture
def before(make):
    return [make("kept", 2), make("changed", 20), make("untouched", 1)]


@pytest.fixture
def batch(make):
    return [make("changed", 2, version=1), make("new", 3), make("kept", 2), make("empty", 0)]


def assert_nothing_half_written(store, everything, allowed):
    """Every document that is shown is one of the allowed ones, complete in all that a reader can ask for."""
    seen = everything(store)
    possible = {(document.id, document.text, document.mention_count): block for document, block in allowed}
    shown = {}
    for name, text, _, _, count in seen["documents"]:
        block = possible[name, text, count]
        shown[name] = block
        assert seen["rows"].get(name, []) == block.vectors.tolist()
        assert [seen["mentions"][name, number].text for number in range(count)] == block.surfaces
    assert set(seen["rows"]) == {name for name, block in shown.items() if len(block)}
    assert seen["counts"] == (len(shown), sum(len(block) for block in shown.values()))


@pytest.mark.parametrize("kill_at", range(1, 7))
def test_a_killed_write_is_repaired_by_the_same_write(
    kill_at, tmp_path, before, batch, open_store, everything, run_script, save_batch, written
):
    for name in ("killed", "undisturbed"):
        written(tmp_path / name, before)

    died = run_script(WRITER, tmp_path / "killed", "write", kill_at, save_batch(batch))
    assert died.returncode == -9, died.stderr

    store, undisturbed = open_store(tmp_path / "killed"), open_store(tmp_path / "undisturbed")
    assert_nothing_half_written(store, everything, [*before, *batch])
    store.write(batch)
    undisturbed.write(batch)
    assert everything(store) == everything(undisturbed)


@pytest.mark.parametrize("kill_at", range(1, 6))
def test_a_killed_delete_is_repaired_by_the_same_delete(
    kill_at, tmp_path, before, open_store, everything, run_script, written
):
    written(tmp_path / "index", before)

    died = run_script(WRITER, tmp_path / "index", "delete", kill_at)
    assert died.returncode == -9, died.stderr

    store = open_store(tmp_path / "index")
    assert_nothing_half_written(store, everything, before)
    store.delete(["kept", "changed"])
    assert_nothing_half_written(store, everything, before)
    assert store.matching({}) == {"untouched"}
    assert store.count_mentions() == 1


def test_another_write_after_a_kill_does_not_bring_the_half_written_back(
    tmp_path, before, batch, make, open_store, everything, run_script, save_batch, written
):
    written(tmp_path / "index", before)
    run_script(WRITER, tmp_path / "index", "write", 4, save_batch(batch))

    store = open_store(tmp_path / "index")
    store.write([make("later", 1)])

    assert store.matching({}) == {"untouched", "later"}
    assert store.known(["changed", "new", "kept"]) == {}
    assert store.count_mentions() == 2
    assert set(everything(store)["rows"]) == {"untouched", "later"}
