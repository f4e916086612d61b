"""A real php-fpm: several workers, generations of them, and locks they hold when a request or they themselves end."""

import concurrent.futures
import json
import os
import pwd
import signal
import tempfile
import time

import pytest

from serving import Fpm, mappings, php, until, user


@pytest.fixture(scope="module")
def fpm():
    with Fpm(workers=4) as fpm:
        yield fpm


KINDS = ["lock", "reader", "writer", "semaphore", "condition"]
TOLD = {"lock": True, "reader": False, "writer": True, "semaphore": False, "condition": True}   # that its last holder died


def locks(segment: str) -> dict:
    found = json.loads(php(f'echo json_encode(Shoal\\open("{segment}")->info()["locks"]);'))
    return {lock["name"]: lock for lock in found}


def holder_of(segment: str):
    """Of the lock named "lock"; None if nobody holds it."""
    return next(iter(locks(segment).get("lock", {}).get("holders", [])), None)


def waiting(segment: str) -> list:
    return [waiter for lock in locks(segment).values() for waiter in lock["waiters"]]


def counter(segment: str, name: str) -> int:
    return int(php(f'echo Shoal\\open("{segment}")->counter("{name}")->value;'))


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


@pytest.mark.parametrize("how", ["hold", "take in a destructor"])
def test_a_lock_held_at_the_end_of_a_request_is_recovered_by_the_next_taker(fpm, segment, how):
    holder = fpm.get(how, segment)
    assert fpm.get("take", segment)["answer"][:2] == [True, True]
    assert fpm.get("take", segment)["answer"][:2] == [True, False]
    os.kill(holder["pid"], 0)                                          # the worker lives on


def test_exit_inside_of_synchronized_releases_the_lock(fpm, segment):
    assert fpm.get("hold and exit", segment)["answer"] is True
    assert fpm.get("take", segment)["answer"][:2] == [True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_request_holds_at_its_end_comes_back(fpm, segment, kind):
    holder = fpm.get("hold", segment, kind=kind)
    assert holder["answer"] is False
    assert fpm.get("take", segment, kind=kind)["answer"] is TOLD[kind]
    assert fpm.get("take", segment, kind=kind)["answer"] is False      # told only once
    os.kill(holder["pid"], 0)                                          # the worker lives on
    assert not any(lock["holders"] or lock["waiters"] for lock in locks(segment).values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_worker_held_comes_back(fpm, segment, kind):
    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        holding = clients.submit(fpm.get_raw, "hold and wait", segment, kind=kind)
        until(lambda: counter(segment, "held") == 1)
        pids = {holder["pid"] for lock in locks(segment).values() for holder in lock["holders"]}
        assert len(pids) == 1 and pids < set(children(fpm.process.pid))
        taking = clients.submit(fpm.get, "take", segment, kind=kind)
        until(lambda: [each for each in waiting(segment) if each["pid"] not in pids])
        start = time.monotonic()
        os.kill(pids.pop(), signal.SIGKILL)
        assert taking.result()["answer"] is TOLD[kind]
        assert time.monotonic() - start < 1.0
        assert holding.result() == b""


def test_requests_that_end_have_left_a_barrier(fpm, segment):
    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(2) as clients:
            met = list(clients.map(lambda _: fpm.get("hold", segment, kind="barrier"), range(2)))
        assert sorted(each["answer"] for each in met) == [0, 1]
        party = met[0]["pid"]
        os.kill(party, signal.SIGKILL)                                 # it has left
        until(lambda: party not in children(fpm.process.pid))          # while it dies it may still accept a request
    assert php(f'var_export(Shoal\\open("{segment}")["barrier"]->broken);') == "false"


def test_a_worker_killed_at_a_barrier_breaks_it(fpm, segment):
    php(f'Shoal\\open("{segment}")->barrier("barrier", 3);')
    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        stuck = {}
        for index in range(2):
            request = clients.submit(fpm.get_raw, "block", segment, kind="barrier")
            arrived = until(lambda: len(found := locks(segment)["barrier"]["holders"]) > index and found)
            stuck.update({each["pid"]: request for each in arrived if each["pid"] not in stuck})
        victim = next(iter(stuck))
        os.kill(victim, signal.SIGKILL)
        assert stuck.pop(victim).result() == b""
        told = stuck.popitem()[1].result()
        assert b"Shoal\\BrokenBarrier" in told and f"(pid {victim}) died".encode() in told
    assert b"Shoal\\BrokenBarrier" in fpm.get_raw("take", segment, kind="barrier")


@pytest.mark.parametrize("patience", [0, 2])
def test_a_reload_ends_workers_that_hold_and_wait_and_the_next_go_on(segment, patience):
    """SIGUSR2: the master runs its program anew; workers get `patience` seconds for their requests, then SIGTERM."""
    with Fpm(workers=12, process_control_timeout=patience) as fpm, concurrent.futures.ThreadPoolExecutor(12) as clients:
        old = set(children(fpm.process.pid))
        requests = [clients.submit(fpm.get_raw, "hold and wait", segment, kind=kind) for kind in ("lock", "writer", "semaphore")]
        until(lambda: counter(segment, "held") == 3)
        for kind in (*KINDS, "event", "barrier"):
            requests.append(clients.submit(fpm.get_raw, "block", segment, kind=kind))
        until(lambda: len({waiter["pid"] for waiter in waiting(segment)}) >= 7)
        fpm.process.send_signal(signal.SIGUSR2)
        for request in requests:
            request.result(timeout=20)
        until(lambda: (now := children(fpm.process.pid)) and not old & set(now) and fpm.is_up())
        assert fpm.get("take", segment, kind="lock")["answer"] is True     # SIGTERM ends a process, holding it
        for kind in KINDS:
            fpm.get("take", segment, kind=kind)
            assert fpm.get("take", segment, kind=kind)["answer"] is False
        php(f'$b = Shoal\\open("{segment}")["barrier"]; $b->reset(); Shoal\\open("{segment}")["event"]->set();')
        assert fpm.get("take", segment, kind="event")["answer"] is True
        pair = list(clients.map(lambda _: fpm.get("take", segment, kind="barrier")["answer"], range(2)))
        assert sorted(pair) == [0, 1]
        assert not any(lock["holders"] or lock["waiters"] for lock in locks(segment).values())
        assert php(f'echo json_encode(Shoal\\open("{segment}")->check());') == "[]"


def test_a_lock_of_a_killed_worker_is_recovered_by_the_next_taker(fpm, segment):
    with concurrent.futures.ThreadPoolExecutor(1) as client:
        holding = client.submit(fpm.get_raw, "hold and wait", segment)
        holder = until(lambda: holder_of(segment))
        assert holder["pid"] in children(fpm.process.pid)
        os.kill(holder["pid"], signal.SIGKILL)
        start = time.monotonic()
        assert fpm.get("take", segment)["answer"][:2] == [True, True]
        assert time.monotonic() - start < 1.0
        assert holding.result() == b""
    assert fpm.get("take", segment)["answer"][:2] == [True, False]


def test_a_job_of_a_request_that_ended_is_given_back(fpm, segment):
    assert fpm.get("put a job", segment, value="work")["answer"] is True
    worker = fpm.get("take a job", segment)
    assert worker["answer"] == ["work", 1]
    assert b"Allowed memory size" in fpm.get_raw("take a job and run out of memory", segment)
    assert fpm.get("do a job", segment)["answer"][:2] == ["work", 3]
    assert php(f'echo Shoal\\open("{segment}")->jobQueue("jobs")->join(0) ? "done" : "not done";') == "done"
    os.kill(worker["pid"], 0)                                          # it lives on


def test_a_job_of_a_killed_worker_goes_to_another_at_once(fpm, segment):
    fpm.get("put a job", segment, value="work")
    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        holding = clients.submit(fpm.get_raw, "take a job and wait", segment)
        until(lambda: counter(segment, "held") == 1)
        (holder,) = json.loads(php(f'echo json_encode(Shoal\\open("{segment}")->jobQueue("jobs")->holders);'))
        taking = clients.submit(fpm.get, "do a job", segment)
        until(lambda: php(f'echo count(Shoal\\open("{segment}")->jobQueue("jobs")->waiters);') == "1")
        start = time.monotonic()
        os.kill(holder["pid"], signal.SIGKILL)
        assert taking.result()["answer"][:2] == ["work", 2]
        assert time.monotonic() - start < 1.0
        assert holding.result() == b""


def test_a_large_array_of_a_request_that_ended_is_given_back(fpm, segment):
    put = f'$s = Shoal\\open("{segment}"); $q = $s->queue("queue"); $a = $q->loan([1000]); $a->fill(1); $q->put($a); echo $s->used;'
    used = []
    for _ in range(20):
        used.append(int(php(put)))
        assert fpm.get("get an array", segment)["answer"] == 1000
    assert len(set(used[4:])) == 1                                     # each worker has been there


def test_a_server_forks_no_workers(fpm, segment):
    assert fpm.get("fork workers", segment)["answer"].endswith("not where PHP has threads (this is fpm-fcgi)")


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
            until(lambda: holder_of(segment))
            body = fpm.get_raw("wait long", segment)
            assert b"Maximum execution time of 1 second exceeded" in body
            assert fpm.get("count", segment)["answer"] == 1
            holding.result()
        assert fpm.get("take", segment)["answer"][:2] == [True, True]    # the script ended holding it


# What keeps a request of that kind waiting, and whether one after it is told of a death: the command line ends holding it.
IN_THE_WAY = {
    "lock": ('$s->lock("lock")->acquire();', True),
    "reader": ('$s->rwlock("rwlock")->write();', True),
    "writer": ('$s->rwlock("rwlock")->read();', False),
    "semaphore": ('$x = $s->semaphore("semaphore", 2); $x->acquire(); $x->acquire();', False),
    "condition": ("", False),
    "event": ("", None),
    "barrier": ("", None),
}


@pytest.mark.parametrize("kind", IN_THE_WAY)
def test_max_execution_time_ends_a_wait_of_each_kind(segment, kind):
    with Fpm(workers=1, max_execution_time=1) as fpm, concurrent.futures.ThreadPoolExecutor(1) as client:
        code, told = IN_THE_WAY[kind]
        script = f'$s = Shoal\\open("{segment}"); {code} $s->counter("held")->add(); $s->counter("go")->wait(0, 20);'
        holding = client.submit(php, script)
        until(lambda: counter(segment, "held") == 1)
        assert b"Maximum execution time of 1 second exceeded" in fpm.get_raw("block", segment, kind=kind)
        assert waiting(segment) == []
        php(f'Shoal\\open("{segment}")->counter("go")->add();')
        holding.result()
        if told is not None:
            assert fpm.get("take", segment, kind=kind)["answer"] is told
        elif kind == "barrier":
            assert b"Shoal\\BrokenBarrier" in fpm.get_raw("take", segment, kind=kind)


def test_a_waiting_worker_does_not_keep_fpm_from_stopping(segment):
    fpm = Fpm(workers=2, max_execution_time=0)
    with fpm, concurrent.futures.ThreadPoolExecutor(1) as client:
        waiting = client.submit(fpm.get_raw, "hold and wait", segment)
        until(lambda: php(f'echo Shoal\\open("{segment}")->counter("held")->value;') == "1")
        start = time.monotonic()
        assert fpm.stop() == 0
        assert time.monotonic() - start < 5 and waiting.result() == b""


def test_settings_of_a_pool_hold_in_its_workers(segment):
    # Not in tmp_path, which the workers' user may not enter.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        os.chmod(folder, 0o777)
        settings_hold(folder)


def settings_hold(folder):
    php('Shoal\\create("pool", "1M", mode: 0666)["k"] = 5;', "-d", f"shoal.directory={folder}")
    with Fpm(workers=1, **{"shoal.directory": folder}) as fpm:
        assert fpm.get("read", "pool", key="k")["answer"] == 5


def test_workers_run_as_the_user_of_the_pool(fpm, segment):
    pid = fpm.get("count", segment)["pid"]
    assert os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam(user()).pw_uid
