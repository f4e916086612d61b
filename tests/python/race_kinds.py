"""The table of the kinds of races.py, and what they have in common."""

KINDS = {}
BIG = 1 << 18  # bytes, from which on the binding gives up the GIL to copy


def kind(function):
    KINDS[function.__name__] = function
    return function


def allowing(*exceptions):
    """For what may be refused, because another thread has closed or replaced it just now."""
    def wrap(work):
        def call(i):
            try:
                work(i)
            except exceptions:
                pass
        return call
    return wrap
