"""The host's own refusals, not injected ones: see limits.c."""

import pytest

#  mode, and of how many cases one is tried in the short, the default and the long run
SHARES = {
    "full": (30, 10, 1),
    "descriptors": (10, 6, 1),
    "address_space": (30, 10, 1),
    "file_size": (10, 6, 1),
    "timer": (30, 10, 1),
    "descriptor_gone": (4, 2, 1),
    "denied": (60, 25, 1),
}


@pytest.mark.parametrize("mode", SHARES)
def test_every_operation_bears_what_the_host_refuses(run, level, mode):
    share = SHARES[mode][["short", "default", "long"].index(level)]
    figures = run("limits", "--share", share, mode, timeout=1200)
    assert figures["violations"] == 0 and figures["cases"] > 170
