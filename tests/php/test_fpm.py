"""A real php-fpm: several workers, generations of them, and locks they hold when a request or they themselves end."""

import concurrent.futures
import json
import os
import pwd
import signal
import time

import pytest

from serving import Fpm, mappings, php, until, user


@pytest.fixture(scope="module")
def fpm():
    with Fpm(workers=4) as fpm:
        yield fpm


def children(pid: int) -> list:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(each) for each in file.read().split()]


def test_requests_over_workers_and_their_generations_are_counted_exactly(segment):
    with Fpm(workers=4, requests=10) as fpm, concurrent.futures.ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: fpm.get("count", segment), range(300)))
    assert sorted(answer["answer"] for answer in answers) == list(range(1, 301))
    assert len({answer["pid"] for answer in answers}) >= 300 / 10      # each worker served at most 10
    assert php(f'echo Shoal\\open("{segment}")->counter("hits")->value;') == "300"
    assert php(f'echo json_encode(Shoal\\open("{segment}")->check());') == "[]"


@pytest.mark.parametrize("how", ["hold", "hold and exit", "take in a destructor"])
def test_a_lock_held_at_the_end_of_a_request_is_recovered_by_the_next_taker(fpm, segment, how):
    holder = fpm.get(how, segment)
    assert fpm.get("take", segment)["answer"][:2] == [True, True]
    assert fpm.get("take", segment)["answer"][:2] == [True, False]
    os.kill(holder["pid"], 0)                                          # the worker lives on


def test_a_lock_of_a_killed_worker_is_recovered_by_the_next_taker(fpm, segment):
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        holding = client.submit(fpm.get_raw, "hold and wait", segment)
        holder = until(lambda: json.loads(php(f'echo json_encode(Shoal\\open("{segment}")->info()["locks"]["lock"] ?? null);')))
        assert holder["pid"] in children(fpm.process.pid)
        os.kill(holder["pid"], signal.SIGKILL)
        start = time.monotonic()
        assert fpm.get("take", segment)["answer"][:2] == [True, True]
        assert time.monotonic() - start < 1.0
        assert holding.result() == b""
    assert fpm.get("take", segment)["answer"][:2] == [True, False]


def test_the_command_line_and_the_workers_read_each_other(fpm, segment):
    php(f'Shoal\\open("{segment}")["question"] = ["text" => "wie viele?", "n" => [1, 2]];')
    assert fpm.get("read", segment, key="question")["answer"] == {"text": "wie viele?", "n": [1, 2]}
    fpm.get("write", segment, key="answer", value=json.dumps({"count": 2}))
    assert php(f'echo json_encode(Shoal\\open("{segment}")["answer"]);') == '{"count":2}'


def test_a_worker_stays_attached_from_request_to_request(segment):
    with Fpm(workers=1) as fpm:
        first, second = fpm.get("since", segment), fpm.get("since", segment)
        assert first == second
        assert f"shoal.{segment}" in mappings(first["pid"])
        assert fpm.get("close", segment)["answer"][1] == "closed"
        assert fpm.get("since", segment) == first


def test_a_worker_lets_go_of_an_unlinked_segment(segment, other):
    with Fpm(workers=1) as fpm:
        pid = fpm.get("count", segment)["pid"]
        php(f'Shoal\\unlink("{segment}");')
        assert fpm.get("count", other)["pid"] == pid
        assert f"shoal.{segment} " not in mappings(pid)         # it would say (deleted)


def test_a_worker_keeps_at_most_64_segments(segment):
    names = [f"{segment}-{i}" for i in range(80)]
    php("".join(f'Shoal\\create("{name}", "1M", mode: 0666);' for name in names))
    try:
        with Fpm(workers=1) as fpm:
            pids = {fpm.get("count", name)["pid"] for name in names}
            maps = mappings(pids.pop())
            attached = sum(1 for name in names if f"shoal.{name}\n" in maps)
            assert not pids and attached == 64
    finally:
        php("".join(f'Shoal\\unlink("{name}");' for name in names))


def test_the_master_attaches_nothing(fpm, segment):
    assert fpm.get("count", segment)["pid"] != fpm.process.pid
    assert "shoal." + segment not in mappings(fpm.process.pid)


def test_max_execution_time_ends_a_wait_and_leaves_the_worker_alive(segment):
    with Fpm(workers=2, max_execution_time=1) as fpm:
        with concurrent.futures.ThreadPoolExecutor(2) as clients:
            php_holder = 'Shoal\\open("%s")->lock("lock")->acquire(); sleep(4);' % segment
            holding = clients.submit(php, php_holder)
            until(lambda: json.loads(php(f'echo json_encode(Shoal\\open("{segment}")->info()["locks"]["lock"] ?? null);')))
            body = fpm.get_raw("wait long", segment)
            assert b"Maximum execution time of 1 second exceeded" in body
            assert fpm.get("count", segment)["answer"] == 1
            holding.result()
        assert fpm.get("take", segment)["answer"][:2] == [True, True]    # the script ended holding it


def test_a_waiting_worker_does_not_keep_fpm_from_stopping(segment):
    fpm = Fpm(workers=2, max_execution_time=0)
    with fpm, concurrent.futures.ThreadPoolExecutor(1) as client:
        waiting = client.submit(fpm.get_raw, "hold and wait", segment)
        until(lambda: php(f'echo Shoal\\open("{segment}")->counter("held")->value;') == "1")
        start = time.monotonic()
        assert fpm.stop() == 0
        assert time.monotonic() - start < 5 and waiting.result() == b""


def test_settings_of_a_pool_hold_in_its_workers(segment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    folder.chmod(0o777)
    php('Shoal\\create("pool", "1M", mode: 0666)["k"] = 5;', "-d", f"shoal.directory={folder}")
    with Fpm(workers=1, **{"shoal.directory": folder}) as fpm:
        assert fpm.get("read", "pool", key="k")["answer"] == 5


def test_workers_run_as_the_user_of_the_pool(fpm, segment):
    pid = fpm.get("count", segment)["pid"]
    assert os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam(user()).pw_uid
