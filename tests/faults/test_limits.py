"""The host's own refusals, not injected ones: see limits.c."""

import pytest

#  mode, and of how many cases one is tried in the short, the default and the long run
SHARES = {
    "full": (20, 6, 1),
    "descriptors": (10, 4, 1),
    "address_space": (20, 6, 1),
    "file_size": (10, 4, 1),
    "timer": (20, 6, 1),
    "descriptor_gone": (4, 1, 1),
    "denied": (40, 12, 1),
}


@pytest.mark.parametrize("mode", SHARES)
def test_every_operation_bears_what_the_host_refuses(run, level, mode):
    share = SHARES[mode][["short", "default", "long"].index(level)]
    figures = run("limits", "--share", share, mode, timeout=1200)
    assert figures["violations"] == 0 and figures["cases"] > 170
