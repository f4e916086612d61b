"""A driver a kind: what the tests of Python ask of all kinds, <kind>.py answers for its own. The words are those of kinds.php and <kind>.php."""

import importlib
import pathlib

NAMES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*.py") if path.stem not in ("__init__", "driver"))
KINDS = {name: importlib.import_module(f"kinds.{name}").DRIVER for name in NAMES}
LIVE = {name: kind for name, kind in KINDS.items() if kind.cls}
HOLDS = {name: hold for kind in KINDS.values() for name, hold in kind.holds.items()}
WAITS = {name: wait for kind in KINDS.values() for name, wait in kind.waits.items()}
