import errno
import pickle
import queue

import pytest

import shoal

BASES = {
    "NotFound": FileNotFoundError, "ObjectNotFound": KeyError, "AlreadyExists": FileExistsError,
    "TypeMismatch": TypeError, "NoSpace": MemoryError, "Denied": PermissionError, "ReadOnly": TypeError,
    "Corrupt": shoal.Error, "VersionMismatch": shoal.Error, "Timeout": TimeoutError, "OwnerDied": shoal.Error,
    "LockError": RuntimeError,
    "BrokenBarrier": RuntimeError, "Closed": ValueError, "Full": queue.Full, "Empty": queue.Empty,
    "ShutDown": getattr(queue, "ShutDown", shoal.Error),
}  # fmt: skip


def test_every_exception_has_its_bases():
    for name, base in BASES.items():
        exception = getattr(shoal, name)
        assert issubclass(exception, shoal.Error) and issubclass(exception, base), name
        assert exception.__module__ == "shoal" and exception.__doc__
    assert issubclass(shoal.Error, Exception) and issubclass(shoal.ObjectNotFound, shoal.NotFound)
    found = {name for name in dir(shoal) if isinstance(getattr(shoal, name), type) and issubclass(getattr(shoal, name), Exception)}
    assert found == {*BASES, "Error"}


def test_a_refused_argument_is_told_what_is_allowed(segment):
    for call, error, sentence in (
        (lambda: segment.barrier("new", 0), ValueError, "parties must be 1 to 4096, not 0"),
        (lambda: segment.barrier("new", 4097), ValueError, "parties must be 1 to 4096, not 4097"),
        (lambda: segment.semaphore("new", -1), ValueError, "value must be 0 to 2147483647, not -1"),
        (lambda: segment.semaphore("new", 65537), ValueError, "1 to 65536 permits"),
        (lambda: segment.lock("l").acquire(timeout="1"), TypeError, "a timeout is a number of seconds, not str"),
        (lambda: segment.event("e").wait([1]), TypeError, "a timeout is a number of seconds, not list"),
        (lambda: segment.rwlock("rw").read("1"), TypeError, "a timeout is a number of seconds, not str"),
    ):
        with pytest.raises(error, match=sentence):
            call()
    assert "new" not in segment


def test_os_errors_print_the_sentence_and_know_their_errno(segment, name):
    for act, number in (
        (lambda: shoal.create(name), errno.EEXIST),
        (lambda: shoal.open(name + "x"), errno.ENOENT),
        (lambda: segment["k"], errno.ENOENT),
    ):
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == number
        assert not str(caught.value).startswith(("[", "'", '"')) and " " in str(caught.value)
    assert shoal.Denied.errno == errno.EACCES and shoal.Timeout.errno == errno.ETIMEDOUT


def test_a_missing_object_is_a_key_error_that_reads_as_a_sentence(segment):
    for act in (lambda: segment["k"], lambda: segment.__delitem__("k"), lambda: segment.array("k")):
        try:
            act()
        except KeyError as error:
            assert type(error) is shoal.ObjectNotFound and isinstance(error, shoal.NotFound)
            assert '"k"' in str(error) and "no object" in str(error) and str(error) == error.args[0]
        else:
            pytest.fail("no exception")


def test_exceptions_pickle(segment):
    with pytest.raises(shoal.NotFound) as caught:
        segment["k"]
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value) and str(again) == str(caught.value) and again.errno == errno.ENOENT
    for name in BASES:
        error = getattr(shoal, name)("what happened")
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and str(again) == str(error) == "what happened"


def test_messages_of_any_text_are_shown(segment, tmp_path):
    path = bytes(tmp_path) + b"/\xff\xfe"
    import os

    with pytest.raises(shoal.NotFound) as caught:
        shoal.open(os.fsdecode(path))
    assert "xff" in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda seg: shoal.open(), lambda seg: shoal.open("a", True), lambda seg: shoal.create("a", "1M", 0o600),
        lambda seg: shoal.open_or_create(), lambda seg: shoal.open("a", name="b"), lambda seg: shoal.unlink(),
        lambda seg: shoal.segments(1), lambda seg: seg.get(), lambda seg: seg.get("a", 1, 2),
        lambda seg: seg.info(1), lambda seg: seg.close(1),
    ],
)  # fmt: skip
def test_wrong_calls_are_type_errors(segment, call):
    with pytest.raises(TypeError):
        call(segment)
