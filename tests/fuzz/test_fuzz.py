"""The fuzz targets in C: every input of the corpus, and then new ones for a while. README.md tells what each target holds."""

import os
import tempfile

import pytest
import run

SHARES = sum(share for _, share in run.TARGETS.values())
LEVEL = os.environ.get("SHOAL_TORTURE", "default")
SECONDS = float(os.environ.get("SHOAL_FUZZ_SECONDS", {"short": 8, "default": 20, "long": 1200}[LEVEL]))  # of all targets together
SEED = int(os.environ.get("SHOAL_FUZZ_SEED", int.from_bytes(os.urandom(3), "little")))


@pytest.fixture(scope="session")
def out():
    """Where the targets are, built."""
    folder = run.build_folder()
    run.build(folder)
    return folder


@pytest.mark.parametrize("target", run.TARGETS)
def test_every_input_of_the_corpus_does_no_harm(out, target):
    assert len(run.lines(target)) >= 20
    status, said = run.replay(out, target)
    assert status == 0, said


@pytest.mark.parametrize("target", run.TARGETS)
def test_new_inputs_do_no_harm(out, target):
    result = run.fuzz(out, target, SECONDS * run.TARGETS[target][1] / SHARES, SEED)
    run.tell(dict(result))
    assert result["violations"] == 0, result.get("said")
    assert result["executions"] > 100


@pytest.fixture
def crashing(monkeypatch):
    """A folder for segments of those who crash, and leave them."""
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=os.environ.get("SHOAL_DIR", "/dev/shm")) as folder:
        monkeypatch.setenv("SHOAL_DIR", folder)
        yield


@pytest.mark.parametrize("mistake, said", [("read after the end", "SEGV"), ("read before the start", "SEGV"), ("write", "SEGV"),
                                           ("never end", "it goes on and on")])
def test_a_mistake_is_noticed(out, tmp_path, crashing, mistake, said):
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"")
    assert run.run(out, "image", nothing)[0] == 0
    status, text = run.run(out, "image", f"-artifact_prefix={tmp_path}/", nothing, SHOAL_FUZZ_MISTAKE=mistake)
    assert status != 0 and said in text, text
