from kinds.driver import Kind


class Value(Kind):
    """Reading it gives a copy: there is no handle."""

    alike = False

    def open(self, segment, name):
        segment[name] = {"a": [1, 2.5]}
        return segment[name]

    def use(self, value):
        assert value == {"a": [1, 2.5]}


DRIVER = Value()
