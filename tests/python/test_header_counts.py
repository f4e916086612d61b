"""Counts of the header that disagree are told by check(), and shut nobody out of a segment that is sound otherwise."""

import struct

import pytest
import shoal


@pytest.mark.parametrize("offset", [140, 152], ids=["objects", "removed"])
@pytest.mark.parametrize("wrong", [5, 2**32 - 1])
def test_a_count_that_disagrees_is_told_by_check_and_shuts_nobody_out(tmp_path, offset, wrong):
    path = str(tmp_path / "counted")
    with shoal.create(path, "1M") as made:
        made["a"] = "yes"
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(struct.pack("=I", wrong))
    for readonly in (True, False):
        with shoal.open(path, readonly=readonly) as segment:
            assert segment["a"] == "yes"
            assert any("the header counts" in finding for finding in segment.check())
