"""Requests one after another in the one process of `php -S`."""

import json

import pytest

from serving import BuiltIn, mappings, php


@pytest.fixture(scope="module")
def server():
    with BuiltIn() as server:
        yield server


def test_requests_are_counted(server, segment):
    assert [server.get("count", segment)["answer"] for _ in range(20)] == list(range(1, 21))


@pytest.mark.parametrize("how", ["hold", "take in a destructor"])
def test_a_lock_held_at_the_end_of_a_request_is_recovered_by_the_next_taker(server, segment, how):
    holder = server.get(how, segment)
    taker = server.get("take", segment)
    assert taker["answer"][:2] == [True, True]
    assert taker["pid"] == holder["pid"]        # it did not have to die
    assert server.get("take", segment)["answer"][:2] == [True, False]


def test_the_command_line_and_the_server_read_each_other(server, segment):
    php(f'Shoal\\open("{segment}")["question"] = ["text" => "wie viele?", "n" => [1, 2]];')
    assert server.get("read", segment, key="question")["answer"] == {"text": "wie viele?", "n": [1, 2]}
    server.get("write", segment, key="answer", value=json.dumps({"count": 2}))
    assert php(f'echo json_encode(Shoal\\open("{segment}")["answer"]);') == '{"count":2}'


def test_the_process_stays_attached_from_request_to_request(server, segment):
    first, second = server.get("since", segment), server.get("since", segment)
    assert first == second
    assert f"shoal.{segment}" in mappings(first["pid"])


def test_a_segment_closed_by_a_request_is_closed_and_open_in_the_next(server, segment):
    assert server.get("close", segment)["answer"][1] == "closed"
    assert server.get("count", segment)["answer"] == 1


def test_the_process_lets_go_of_an_unlinked_segment(server, segment, other):
    pid = server.get("count", segment)["pid"]
    php(f'Shoal\\unlink("{segment}");')
    server.get("count", other)
    assert f"shoal.{segment} " not in mappings(pid)          # it would say (deleted)
