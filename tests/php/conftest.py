import itertools
import os

import pytest

from serving import group, php

COUNT = itertools.count()


def made():
    """The name of a segment that the command line made and the workers may use; unlinked at the end."""
    name = f"test-{os.getpid()}-serving-{next(COUNT)}"
    php(f'Shoal\\create("{name}", "8M", mode: 0660, group: "{group()}");')
    yield name
    php(f'try {{ Shoal\\unlink("{name}"); }} catch (Shoal\\NotFound) {{}}')


segment = pytest.fixture(made, name="segment")
other = pytest.fixture(made, name="other")
