"""Value, Array, RawValue and RawArray: ctypes objects over arrays of a segment."""

import ctypes
from contextlib import nullcontext
from multiprocessing import sharedctypes
from typing import Any, Callable, Dict, Optional, Tuple, Union

from .._shoal import NdArray, Segment
from ._place import Place

_Segment = Union[Segment, str, None]
_codes: Dict[str, Any] = getattr(sharedctypes, "typecode_to_type")

# ---- The memory ----------------------------------------------------------------------------------


class _Shared:
    """Mixed into a ctypes type: an object in an array is pickled as that array; a copy elsewhere as ctypes pickles it."""

    _shoal: Tuple[Any, Optional[int], NdArray]

    def __reduce__(self) -> Any:
        if hasattr(self, "_shoal"):
            return _over, self._shoal
        return super().__reduce__()

    def __repr__(self) -> str:
        if isinstance(self, ctypes._SimpleCData):  # as ctypes shows its own types, but no classes that derive from them
            return f"{type(self).__name__}({self.value!r})"
        return super().__repr__()


_shared_types: Dict[Any, Any] = {}


def _shared_type(plain: Any) -> Any:
    if plain not in _shared_types:
        _shared_types[plain] = type(plain)(plain.__name__, (_Shared, plain), {"__module__": getattr(plain, "__module__", __name__)})
    return _shared_types[plain]


def _over(type_: Any, length: Optional[int], array: NdArray) -> Any:
    """`type_`, or an array of `length` of them, over the memory of `array`."""
    value = _shared_type(type_ if length is None else type_ * length).from_buffer(array)
    value._shoal = type_, length, array
    return value


def _made(type_: Any, length: Optional[int], place: Place, fill: Callable[[Any], None]) -> Any:
    """Open the object, or make and fill it. The byte after it is set once it is filled; until then each opener fills it."""
    size = ctypes.sizeof(type_ if length is None else type_ * length)
    # Under a name that nobody else can know, it needs no lock.
    with nullcontext() if place.passing else place.segment.lock("multiprocessing.filling"):
        array = place.segment.array(place.name, size + 1, "u1")
        value = _over(type_, length, array)
        if not array[size]:
            ctypes.memset(ctypes.addressof(value), 0, size)
            try:
                fill(value)
            except BaseException:
                place.remove()
                raise
            array[size] = 1
    place.belongs_to(value)
    return value


def _raw_value(type_: Any, arguments: Tuple[Any, ...], place: Place) -> Any:
    type_ = _codes.get(type_, type_) if isinstance(type_, str) else type_
    return _made(type_, None, place, lambda value: value.__init__(*arguments))


def _raw_array(type_: Any, size_or_initializer: Any, place: Place) -> Any:
    type_ = _codes.get(type_, type_) if isinstance(type_, str) else type_
    if isinstance(size_or_initializer, int):
        return _made(type_, size_or_initializer, place, lambda value: None)
    return _made(type_, len(size_or_initializer), place, lambda value: value.__init__(*size_or_initializer))


# ---- With a lock ---------------------------------------------------------------------------------


class _Synchronized:
    """Makes the standard library's wrappers picklable by any pickler, not only while a process is started."""

    _obj: Any
    _lock: Any

    def __reduce__(self) -> Any:
        return _synchronized, (self._obj, self._lock)


class Synchronized(_Synchronized, sharedctypes.Synchronized):  # type: ignore[type-arg]
    pass


class SynchronizedArray(_Synchronized, sharedctypes.SynchronizedArray):  # type: ignore[type-arg]
    pass


class SynchronizedString(_Synchronized, sharedctypes.SynchronizedString):
    pass


def _field(name: str) -> property:
    def get(self: Any) -> Any:
        with self:
            return getattr(self._obj, name)

    def put(self: Any, value: Any) -> None:
        with self:
            setattr(self._obj, name, value)

    return property(get, put)


_structures: Dict[Any, Any] = {}


def _synchronized_structure(type_: Any) -> Any:
    if type_ not in _structures:
        fields = {field[0]: _field(field[0]) for field in type_._fields_}
        bases = (_Synchronized, sharedctypes.SynchronizedBase)
        _structures[type_] = type("Synchronized" + type_.__name__, bases, fields)
    return _structures[type_]


def _synchronized(value: Any, lock: Any) -> Any:
    if isinstance(value, ctypes._SimpleCData):
        return Synchronized(value, lock)
    if not isinstance(value, ctypes.Array):
        return _synchronized_structure(type(value))(value, lock)
    return (SynchronizedString if value._type_ is ctypes.c_char else SynchronizedArray)(value, lock)


def _with_lock(value: Any, lock: Any, place: Place) -> Any:
    from .multiprocessing import RLock

    if lock is False:
        return value
    if lock is True or lock is None:
        lock = RLock(segment=place.given, name=None if place.passing else f"{place.name}.lock")
    if not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return _synchronized(value, lock)


# ---- What users call -----------------------------------------------------------------------------


def RawValue(typecode_or_type: Any, *args: Any, segment: _Segment = None, name: Optional[str] = None) -> Any:
    """A ctypes object in shared memory."""
    return _raw_value(typecode_or_type, args, Place("value", segment, name))


def RawArray(
    typecode_or_type: Any, size_or_initializer: Any, *, segment: _Segment = None, name: Optional[str] = None
) -> Any:
    """A ctypes array in shared memory."""
    return _raw_array(typecode_or_type, size_or_initializer, Place("array", segment, name))


def Value(
    typecode_or_type: Any, *args: Any, lock: Any = True, segment: _Segment = None, name: Optional[str] = None
) -> Any:
    """A ctypes object in shared memory, with a lock around it."""
    place = Place("value", segment, name)
    return _with_lock(_raw_value(typecode_or_type, args, place), lock, place)


def Array(
    typecode_or_type: Any,
    size_or_initializer: Any,
    *,
    lock: Any = True,
    segment: _Segment = None,
    name: Optional[str] = None,
) -> Any:
    """A ctypes array in shared memory, with a lock around it."""
    place = Place("array", segment, name)
    return _with_lock(_raw_array(typecode_or_type, size_or_initializer, place), lock, place)
