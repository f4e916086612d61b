"""The stored bytes themselves, through the C API: the bindings only hand out decoded values."""

import ctypes
import os


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint64), ("mode", ctypes.c_uint32), ("group", ctypes.c_int64), ("lifetime", ctypes.c_uint32),
                ("readonly", ctypes.c_bool), ("owner", ctypes.c_int64)]


class Reader:
    def __init__(self, name: str):
        self.library = ctypes.CDLL(os.environ["SHOAL_LIBRARY"])
        for function in ("shoal_context_new", "shoal_error_message"):
            getattr(self.library, function).restype = ctypes.c_void_p if function.endswith("new") else ctypes.c_char_p
        self.library.shoal_context_free.argtypes = [ctypes.c_void_p]
        self.library.shoal_close.argtypes = [ctypes.c_void_p]
        self.context = ctypes.c_void_p(self.library.shoal_context_new())
        self.segment = ctypes.c_void_p()
        options = Options()
        self.library.shoal_options_init(ctypes.byref(options))
        options.readonly = True
        self.need(self.library.shoal_open(ctypes.byref(self.segment), self.context, name.encode(), ctypes.byref(options)))

    def need(self, status: int) -> None:
        assert status == 0, (status, self.library.shoal_error_message())

    def stored(self, name: str) -> bytes:
        """One MessagePack item."""
        key, size = name.encode(), ctypes.c_size_t()
        arguments = (self.segment, key, ctypes.c_size_t(len(key)))
        self.library.shoal_value_get(*arguments, None, ctypes.c_size_t(0), ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self.need(self.library.shoal_value_get(*arguments, buffer, size, ctypes.byref(size)))
        return buffer.raw[: size.value]

    def close(self) -> None:
        self.library.shoal_close(self.segment)
        self.library.shoal_context_free(self.context)
