"""libshoal through ctypes: the writer whose segments the reader of this folder must understand."""

import ctypes
import itertools
import os
import pathlib
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = itertools.count()
DTYPES = {"bool": (1, 1), "int8": (2, 1), "int16": (3, 2), "int32": (4, 4), "int64": (5, 8), "uint8": (6, 1), "uint16": (7, 2),
          "uint32": (8, 4), "uint64": (9, 8), "float16": (10, 2), "float32": (11, 4), "float64": (12, 8),
          "complex64": (13, 8), "complex128": (14, 16), "S5": (15, 5)}


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64), ("mode", ctypes.c_uint32), ("group", ctypes.c_int64), ("lifetime", ctypes.c_uint32),
                ("readonly", ctypes.c_bool), ("owner", ctypes.c_int64)]


class Dtype(ctypes.Structure):
    _fields_ = [("number", ctypes.c_uint32), ("itemsize", ctypes.c_uint32)]


class View(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("dtype", Dtype), ("ndim", ctypes.c_uint32), ("readonly", ctypes.c_bool),
                ("shape", ctypes.c_int64 * 32), ("strides", ctypes.c_int64 * 32)]


class Wire(ctypes.Structure):
    """shoal_writer"""
    _fields_ = [("bytes", ctypes.c_void_p), ("size", ctypes.c_size_t), ("capacity", ctypes.c_size_t), ("status", ctypes.c_int),
                ("limit", ctypes.c_uint64), ("inline_bytes", ctypes.c_ubyte * 2048)]


REPORT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


def load(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    library.shoal_context_new.restype = ctypes.c_void_p
    library.shoal_error_message.restype = ctypes.c_char_p
    library.shoal_context_free.argtypes = [ctypes.c_void_p]
    for name in ("shoal_close", "shoal_object_close"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = None
    return library


class Error(Exception):
    pass


class Writer:
    """One attach: its own context, so a peer of its own."""

    def __init__(self, library: ctypes.CDLL, path: str, *, create: bool = False, readonly: bool = False, **options):
        self.library, self.path = library, path
        self.context, self.segment = ctypes.c_void_p(library.shoal_context_new()), ctypes.c_void_p()
        wanted = Options()
        library.shoal_options_init(ctypes.byref(wanted))
        wanted.readonly = readonly
        for field, value in options.items():
            setattr(wanted, field, value)
        call = library.shoal_create if create else library.shoal_open
        self.need(call(ctypes.byref(self.segment), self.context, path.encode(), ctypes.byref(wanted)))

    def need(self, status: int) -> int:
        if status < 0:
            raise Error(status, self.library.shoal_error_message().decode())
        return status

    def key(self, name: str) -> tuple:
        return self.segment, name.encode(), ctypes.c_size_t(len(name.encode()))

    def opened(self, function, name: str, *arguments) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        self.need(function(ctypes.byref(handle), *self.key(name), *arguments))
        return handle

    def put(self, name: str, item: bytes) -> None:
        self.need(self.library.shoal_value_put(*self.key(name), item, ctypes.c_size_t(len(item))))

    def remove(self, name: str) -> None:
        self.need(self.library.shoal_object_remove(*self.key(name)))

    def open_array(self, name: str, dtype: str, shape: tuple) -> ctypes.c_void_p:
        return self.opened(self.library.shoal_array_open, name, Dtype(*DTYPES[dtype]), ctypes.c_size_t(len(shape)),
                           (ctypes.c_int64 * len(shape))(*shape))

    def array(self, name: str, dtype: str, shape: tuple, data: bytes) -> None:
        handle, view = self.open_array(name, dtype, shape), View()
        self.need(self.library.shoal_array_view(ctypes.byref(view), handle))
        self.need(self.library.shoal_view_unpack(ctypes.byref(view), data, ctypes.c_size_t(len(data))))
        self.library.shoal_object_close(handle)

    def counter(self, name: str, initial: int) -> None:
        self.library.shoal_object_close(self.opened(self.library.shoal_counter_open, name, ctypes.c_int64(initial)))

    def lock(self, name: str, flags: int = 0) -> ctypes.c_void_p:
        return self.opened(self.library.shoal_lock_open, name, ctypes.c_uint32(flags))

    def acquire(self, lock: ctypes.c_void_p, seconds: float = 10) -> int:
        self.library.shoal_deadline.restype = ctypes.c_int64
        deadline = ctypes.c_int64(self.library.shoal_deadline(ctypes.c_double(seconds)))
        return self.need(self.library.shoal_lock_acquire(lock, ctypes.c_bool(False), deadline))

    def close_object(self, handle: ctypes.c_void_p) -> None:
        self.library.shoal_object_close(handle)

    def check(self) -> list:
        found = []
        self.need(self.library.shoal_check(self.segment, REPORT(lambda _, sentence: found.append(sentence.decode())), None))
        return found

    def close(self) -> None:
        self.library.shoal_close(self.segment)
        self.library.shoal_context_free(self.context)


@pytest.fixture(scope="session")
def library_path(tmp_path_factory) -> str:
    """The built library; where there is none, one built here."""
    built = os.environ.get("SHOAL_LIBRARY")
    if built and os.path.exists(built):
        return built
    path = tmp_path_factory.mktemp("library") / "libshoal.so"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, "-std=c11", "-D_GNU_SOURCE", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread",
                    "-I", ROOT / "core", "-I", ROOT / "core/include", *sorted((ROOT / "core").glob("*/*.c")), "-o", path], check=True)
    return str(path)


@pytest.fixture(scope="session")
def library(library_path) -> ctypes.CDLL:
    return load(library_path)


@pytest.fixture
def path():
    """A name that is free, and is so again afterwards."""
    directory = os.environ.get("SHOAL_DIR", "/dev/shm")
    path = os.path.join(directory, f"shoal.test-format-{os.getpid()}-{next(COUNT)}")
    yield path
    if os.path.exists(path):
        os.unlink(path)


@pytest.fixture
def writer(library, path):
    made = Writer(library, path, create=True, size=256 << 20)
    yield made
    assert made.check() == []
    made.close()
