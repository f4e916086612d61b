from kinds.driver import Kind


class Value(Kind):
    """Reading it gives a copy: there is no handle."""

    alike = False

    def make(self, segment, name="x"):
        segment[name] = {"a": [1, 2.5]}
        return segment[name]

    def use(self, value):
        assert value == {"a": [1, 2.5]}


DRIVER = Value()
