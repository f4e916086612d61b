"""The methods of Map that are written in Python: views, many keys at once, and one computation for a key."""

import asyncio
import inspect
import os
from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any, Awaitable, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple, Union

from ._shoal import Map

Key = Union[str, bytes]


def each(map: Map) -> Iterator[Tuple[Key, Any]]:
    """Each key that stays, once, and its value; others perhaps."""
    return _each(map, True)


def each_key(map: Map) -> Iterator[Key]:
    return (key for key, _ in _each(map, False))


def _each(map: Map, with_values: bool) -> Iterator[Tuple[Key, Any]]:
    step = map._next(b"", with_values)
    while step is not None:
        cursor, key, value = step
        yield key, value
        step = map._next(cursor, with_values)


class MapKeys(KeysView[Key]):
    def __iter__(self) -> Iterator[Key]:
        return each_key(self._mapping)  # type: ignore[attr-defined]


class MapItems(ItemsView[Key, Any]):
    def __iter__(self) -> Iterator[Tuple[Key, Any]]:
        return each(self._mapping)  # type: ignore[attr-defined]


class MapValues(ValuesView[Any]):
    def __iter__(self) -> Iterator[Any]:
        return (value for _, value in each(self._mapping))  # type: ignore[attr-defined]

    def __contains__(self, value: object) -> bool:
        return any(each is value or each == value for each in self)


def keys(map: Map) -> MapKeys:
    return MapKeys(map)  # type: ignore[arg-type]


def items(map: Map) -> MapItems:
    return MapItems(map)  # type: ignore[arg-type]


def values(map: Map) -> MapValues:
    return MapValues(map)  # type: ignore[arg-type]


# ---- Many, and what dict has ---------------------------------------------------------------------


def setdefault(map: Map, key: Key, default: Any = None, ttl: Optional[float] = None) -> Any:
    while not map.add(key, default, ttl):
        found = map._look(key, None)
        if found is not None:
            return found[0]
    return default


def popitem(map: Map) -> Tuple[Key, Any]:
    for key in each_key(map):
        try:
            return key, map.pop(key)
        except KeyError:
            continue
    raise KeyError("popitem(): the map is empty")


def update(map: Map, *others: Any, **more: Any) -> None:
    if len(others) > 1:
        raise TypeError(f"update() takes at most 1 positional argument, {len(others)} given")
    for key, value in dict(*others, **more).items():
        map.set(key, value)


def get_many(map: Map, keys: Iterable[Key]) -> Dict[Key, Any]:
    found = ((key, map._look(key, None)) for key in keys)
    return {key: pair[0] for key, pair in found if pair is not None}


def set_many(map: Map, values: Mapping[Key, Any], ttl: Optional[float] = None) -> None:
    for key, value in values.items():
        map.set(key, value, ttl)


def delete_many(map: Map, keys: Iterable[Key]) -> int:
    return sum(map.delete(key) for key in keys)


# ---- One computation for a key -------------------------------------------------------------------


def _check(factory: Callable[[], Any]) -> None:
    if not callable(factory):
        raise TypeError(f"factory must be callable, not {type(factory).__name__}")


def get_or_set(map: Map, key: Key, factory: Callable[[], Any], ttl: Optional[float] = None, stale: Optional[float] = None) -> Any:
    _check(factory)
    while True:
        found = map._look(key, stale)
        if found is not None and not found[1]:
            return found[0]
        flight = map._begin(key)
        if flight is None:
            if found is not None:
                return found[0]
            map._wait(key, None)
        if not isinstance(flight, bytes):
            continue
        try:
            now = map._look(key, None)  # who computed before us may have stored it since we looked
            if now is not None:
                return now[0]
            value = factory()
            map.set(key, value, ttl)
            return value
        finally:
            map._end(flight)


# What tasks of this process compute just now: a flight in the map is a thread's, and the tasks of a loop are of one thread.
_computing: Dict[Tuple[int, Map, bytes], "asyncio.Future[None]"] = {}
os.register_at_fork(after_in_child=_computing.clear)

_FLIGHT = 12  # enum shoal_operation


async def get_or_set_async(
    map: Map, key: Key, factory: Callable[[], Union[Any, Awaitable[Any]]], ttl: Optional[float] = None, stale: Optional[float] = None
) -> Any:
    from . import _aio

    _check(factory)
    loop = asyncio.get_running_loop()
    place = (id(loop), map, key.encode() if isinstance(key, str) else key)
    while True:
        found = map._look(key, stale)
        if found is not None and not found[1]:
            return found[0]
        flight = None if place in _computing else map._begin(key)
        if isinstance(flight, bytes):
            return await _compute(map, place, key, factory, ttl, flight)
        if flight is None and found is not None:
            return found[0]
        if place in _computing:
            await asyncio.wait([_computing[place]])
        elif flight is None:
            await _aio.wait(map, _FLIGHT, place[2])


async def _compute(
    map: Map, place: Tuple[int, Map, bytes], key: Key, factory: Callable[[], Any], ttl: Optional[float], flight: bytes
) -> Any:
    _computing[place] = done = asyncio.get_running_loop().create_future()
    try:
        now = map._look(key, None)
        if now is not None:
            return now[0]
        value = factory()
        if inspect.isawaitable(value):
            value = await value
        map.set(key, value, ttl)
        return value
    finally:
        _computing.pop(place, None)
        done.set_result(None)
        map._end(flight)
