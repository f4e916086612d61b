"""What each command says and exits with."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import numpy
import pytest
from conftest import COMMANDS, PROGRAM, ROOT

import shoal


def test_the_version_is_that_of_the_library(run):
    assert run("version").text == f"shoal {shoal.__version__} (format {run('version', '--json').json['format']} of segments)\n"
    assert run("version", "--json").json["version"] == shoal.__version__


def test_ls_lists_segments_and_says_which_cannot_be_opened(run, segment, directory):
    shoal.create(str(directory / "shoal.other"), "1M").close()
    assert run("ls").status == 0
    (directory / "shoal.broken").write_bytes(b"\x1b[31mno segment" * 1000)
    said = run("ls", "--json")
    assert [each["name"] for each in said.json["segments"]] == ["demo", "other"] and said.json["segments"][0]["peers"] == 1
    assert [(each["name"], each["status"]) for each in said.json["refused"]] == [("broken", "SHOAL_ECORRUPT")] and said.status == 1
    assert run("ls", "--names").text == "demo\nother\n"


def test_ls_lists_the_objects_of_a_segment(run, segment):
    segment["b"], _, _ = 1, segment.counter("a"), segment.lock("c")
    assert run("ls", "demo", "--json").json["objects"] == [{"name": "a", "kind": "Counter"}, {"name": "b", "kind": "Value"}, {"name": "c", "kind": "Lock"}]
    assert run("ls", "demo", "--json", "--long").json["objects"][0]["value"] == 0


def test_stat_says_what_the_library_says(run, segment):
    segment.queue("q").put("message")
    info, said = segment.info(), run("stat", "demo", "--json").json
    assert (said["name"], said["size"], said["used"], said["objects"], said["kinds"]) == ("demo", info.size, info.used, 1, {"Queue": 1})
    assert [peer["pid"] for peer in said["peers"]] == [os.getpid()] and said["readonly"] is True
    assert run("stat", "demo", "q", "--json").json["messages"] == 1
    assert re.search(r"^messages +1$", run("stat", "demo", "q").text, re.MULTILINE)


VALUES = [None, True, 0, -(2**63), 2**63 - 1, 1.5, -0.0, 1e300, "", "hé\n\x1b\"\\\u202e", b"", b"\x00\xff", [], [1, [2]], {}, {"a": {"b": [None]}}, {"$x": 1},
          {1: 2, "b": b"c"}, [float("inf"), float("-inf")]]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_get_prints_set_stores_again(run, segment, value):
    segment["v"] = value
    said = run("get", "demo", "v")
    assert said.status == 0 and b"\x1b" not in said.out
    json.loads(said.out)
    assert run("set", "demo", "w", input=said.out).status == 0
    assert segment["w"] == value and type(segment["w"]) is type(value) and repr(segment["w"]) == repr(value)


@pytest.mark.parametrize("text", ['{"a":1', "[1,]", "01", "1 2", "'a'", '"\\x"', '"\t"', "nul", '{"$foo":1}', '{"$bytes":"a"}', "1e999", "-99999999999999999999",
                                  '"\\ud800"', "[" * 600, "", '{"a" 1}'])
def test_what_is_no_json_is_refused_and_stores_nothing(run, segment, text):
    said = run("set", "demo", "v", input=text.encode())
    assert said.status == 2 and b"at byte" in said.err and "v" not in segment


def test_json_with_blanks_and_escapes_is_read_as_python_reads_it(run, segment):
    text = ' { "a\\u00e9\\ud83d\\ude00" : [ 1.5e3 , -0 , true , "\\/\\b" ] }\n'
    assert run("set", "demo", "v", text).status == 0 and segment["v"] == json.loads(text)


def test_texts_and_bytes_go_in_and_out_as_they_are(run, segment, directory):
    assert run("set", "demo", "b", "--raw", input=b"\x00\xff").status == 0 and segment["b"] == b"\x00\xff"
    assert run("set", "demo", "t", "--text", "hé").status == 0 and segment["t"] == "hé"
    assert run("get", "demo", "b", "--raw").out == b"\x00\xff"
    assert run("get", "demo", "b", "--raw", "--output", directory / "file").out == b"" and (directory / "file").read_bytes() == b"\x00\xff"
    assert run("set", "demo", "t", "--text", input=b"\xff").status == 2


@pytest.mark.parametrize("array", [numpy.arange(6, dtype="int16").reshape(2, 3), numpy.array(1.5), numpy.zeros((0, 3)), numpy.array([True, False]),
                                   numpy.array([1 + 2j]), numpy.array([b"ab", b"c"]), numpy.arange(3, dtype="uint8")], ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_go_in_and_out_as_npy(run, segment, array):
    file = io.BytesIO()
    numpy.save(file, array)
    assert run("set", "demo", "m", "--npy", input=file.getvalue()).status == 0
    assert numpy.array_equal(numpy.asarray(segment["m"]), array)
    loaded = numpy.load(io.BytesIO(run("get", "demo", "m", "--npy").out))
    assert loaded.dtype == array.dtype and numpy.array_equal(loaded, array)


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b[:9], lambda b: b.replace(b"False", b"True "), lambda b: b.replace(b"<f8", b">f8"),
                                    lambda b: b.replace(b"(2, 3)", b"(2, x)"), lambda b: b"", lambda b: b + b"x"])
def test_a_damaged_npy_is_refused(run, segment, change):
    file = io.BytesIO()
    numpy.save(file, numpy.ones((2, 3)))
    assert run("set", "demo", "m", "--npy", input=change(file.getvalue())).status == 2 and "m" not in segment


def test_an_array_in_json_has_its_dtype_and_shape(run, segment):
    segment.array("m", (2, 2), "uint8")[:] = [[1, 2], [3, 4]]
    assert run("get", "demo", "m").json == {"$array": {"dtype": "uint8", "shape": [2, 2], "data": [[1, 2], [3, 4]]}}


def test_a_counter_is_read_and_set(run, segment):
    hits = segment.counter("hits")
    hits.add(41)
    assert run("get", "demo", "hits").text == "41\n"
    assert run("set", "demo", "hits", "-7").status == 0 and hits.value == -7


def test_a_live_object_without_a_value_is_not_overwritten(run, segment):
    segment.lock("l")
    assert run("get", "demo", "l").status == 2 and run("set", "demo", "l", "1").status == 2 and run("set", "demo", "l", '"x"').status == 2
    assert run("stat", "demo", "l", "--json").json["kind"] == "Lock"


def test_locks_says_who_holds_and_who_waits(run, segment, child):
    holder = child("l = s.lock('l'); l.acquire(); print('ready', flush=True); time.sleep(600)")
    waiter = child("threading.Thread(target=s.lock('l').acquire, daemon=True).start(); print('ready', flush=True); time.sleep(600)")
    rows = rows_of(run, 2)
    assert {(row["pid"], row["role"], row["state"]) for row in rows} == {(holder.pid, "holds", "alive"), (waiter.pid, "waits", "alive")}
    assert run("locks", "demo").status == 0
    holder.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED | os.WNOWAIT)
    said = run("locks", "--json")
    assert said.status == 1 and said.json["stuck"] and [row["state"] for row in said.json["locks"] if row["role"] == "holds"] == ["stopped"]


def test_locks_finds_who_waits_for_each_other(run, segment, child):
    """With deadlines, which the library lets stand: without them it ends one of the waits."""
    code = "a = s.lock({!r}); a.acquire(); print('ready', flush=True); sys.stdin.readline(); s.lock({!r}).acquire(timeout=600)"
    both = [child(code.format(*names)) for names in ("ab", "ba")]
    assert run("locks", "demo").status == 0
    for each in both:
        each.stdin.write("\n")
        each.stdin.flush()
    rows_of(run, 4)
    said = run("locks", "demo", "--json")
    assert said.status == 1 and {(step["pid"], step["waits_for"]) for step in said.json["cycle"]} == {(both[0].pid, "b"), (both[1].pid, "a")}
    assert run("locks", "demo").text.count("waits for") == 2


def rows_of(run, count: int) -> list:
    """The rows of locks, when there are so many."""
    for _ in range(200):
        rows = run("locks", "demo", "--json").json["locks"]
        if len(rows) == count:
            return rows
    raise AssertionError(rows)


def test_check_says_sound_or_what_is_not(run, segment, directory):
    segment["v"] = 1
    assert run("check").status == 0 and run("check", "demo", "--json").json["segments"] == [{"segment": "demo", "sound": True, "findings": [], "error": None}]
    (directory / "shoal.bad").write_bytes(b"x" * 100000)
    assert run("check", "demo", "bad").status == 6 and run("check", "nosuch").status == 3


def test_unlink_takes_away_names(run, segment, directory):
    segment["a"], segment["b"] = 1, 2
    with segment.lock("l"):
        assert run("unlink", "demo", "l").status == 7
    assert run("unlink", "demo", "a", "b", "l", "--json").json == {"unlinked": ["a", "b", "l"]} and list(segment.keys()) == []
    assert run("unlink", "demo").status == 0 and not (directory / "shoal.demo").exists()
    assert run("unlink", "demo").status == 3


def test_gc_says_first_and_spares_what_is_used(run, segment, directory):
    shoal.create(str(directory / "shoal.unused"), "1M").close()
    shoal.create(str(directory / "shoal.read"), "1M").close()
    reader = shoal.open(str(directory / "shoal.read"), readonly=True)
    said = run("gc", "--json")
    assert said.status == 1 and [each["name"] for each in said.json["unused"]] == ["unused"] and (directory / "shoal.unused").exists()
    assert run("gc", "--older", 3600).status == 0
    assert run("gc", "--yes", "--json").json["unused"][0]["removed"] is True and run("gc").status == 0
    assert sorted(path.name for path in directory.iterdir()) == ["shoal.demo", "shoal.read"]
    reader.close()


def test_doctor_finds_this_machine_and_leaves_nothing(run, directory):
    said = run("doctor", "--json")
    rows = {each["about"]: each for each in said.json["findings"]}
    assert rows["a segment"]["grade"] == "well" and rows["python3"]["found"] == f"shoal {shoal.__version__}" and list(directory.iterdir()) == []
    assert all(bool(each["means"]) == bool(each["mend"]) == (each["grade"] != "well") for each in rows.values())


def test_doctor_warns_of_a_directory_that_is_not_there_and_of_few_descriptors(run, directory):
    said = run("doctor", "--json", "--dir", directory / "nosuch")
    assert said.status == 1 and {each["about"] for each in said.json["findings"] if each["grade"] == "warning"} >= {"directory", "a segment"}
    few = subprocess.run(["sh", "-c", f"ulimit -n 64; exec {PROGRAM} doctor"], capture_output=True, text=True, timeout=60)
    assert few.returncode == 1 and "limit of open files: 64" in few.stdout and "ulimit -n 1024" in few.stdout


SAMPLE = re.compile(r'^(shoal_[a-z0-9_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\\\|\\")*",?)*)\})? (\S+)$')


def test_metrics_are_what_prometheus_reads(run, segment):
    segment.counter('a"b\\c\n\x1b').add(3)
    segment.queue("q").put(1)
    with segment.lock("l"):
        lines, used = run("metrics").text.splitlines(), run("stat", "demo", "--json").json["used"]
    families, current, values = [], None, {}
    for line in lines:
        if line.startswith("# HELP "):
            current = line.split()[2]
            families.append(current)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == current and line.split()[3] in ("gauge", "counter")
        else:
            name, labels, value = SAMPLE.match(line).groups()
            assert name == current
            values[name, labels] = float(value)
    assert len(families) == len(set(families)) > 15
    assert values["shoal_queue_messages", 'segment="demo",object="q"'] == 1
    assert values["shoal_lock_holders", 'segment="demo",lock="l",kind="Lock"'] == 1
    assert [value for (name, _), value in values.items() if name == "shoal_counter_value"] == [3]
    assert values["shoal_segment_used_bytes", 'segment="demo"'] == used
    assert "shoal_queue_messages{" not in run("metrics", "--objects", 0).text


@pytest.fixture
def scraped(run, segment):
    """The address of a server of metrics."""
    process = subprocess.Popen([PROGRAM, "metrics", "--listen", ":0"], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_metrics_are_served_until_a_signal(scraped, segment):
    hits = segment.counter("hits")
    for number in (1, 2, 3):
        hits.add(1)
        with urllib.request.urlopen(scraped, timeout=20) as answer:
            assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert f'shoal_counter_value{{segment="demo",object="hits"}} {number}\n' in answer.read().decode()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(scraped.replace("metrics", "etc/passwd"), timeout=20)


@pytest.mark.parametrize("sent", [b"", b"GET", b"\x00\xff\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n", b"A" * 100000, b"GET /metricsx HTTP/1.1\r\n\r\n"], ids=len)
def test_a_server_of_metrics_goes_on_after_whoever_does_not_speak_http(scraped, sent):
    host, port = re.fullmatch(r"http://\[?([^]/]+?)\]?:(\d+)/metrics", scraped).groups()
    assert host in ("127.0.0.1", "::1")
    with socket.create_connection((host, int(port)), timeout=20) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(sent)
        answered = connection.recv(1000)
        assert answered == b"" or answered.startswith(b"HTTP/1.1 404")
    with urllib.request.urlopen(scraped, timeout=20) as answer:
        assert b"shoal_segment_used_bytes" in answer.read()


def test_an_address_that_is_none_is_refused(run, segment):
    for address in ("x", "127.0.0.1:", "256.1.1.1:x", "127.0.0.1:99999999"):
        assert run("metrics", "--listen", address).status == 2
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run("metrics", "--listen", f"127.0.0.1:{taken.getsockname()[1]}").status == 7


def test_watch_prints_each_change(run, segment, directory):
    segment["v"] = 1
    process = subprocess.Popen([PROGRAM, "watch", "demo", "v", "--json", "--interval", "0.01"], stdout=subprocess.PIPE, text=True)
    try:
        seen = []
        for value in (1, 2, 3):
            segment["v"] = value
            seen.append(json.loads(process.stdout.readline())["value"])
        assert seen == [1, 2, 3]
        del segment["v"]
        assert process.wait(20) == 3
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    segment["v"] = 1
    assert run("watch", "demo", "v", "--timeout", "0.05").status == 5 and run("watch", "demo", "v", "--count", 1).status == 0


def test_a_segment_is_dumped_and_loaded(run, segment, directory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    segment["v"] = {"a": 1}
    segment.counter("c").add(3)
    segment.array("m", 3)[:] = 7
    assert run("dump", "demo", "file").status == 0 and (tmp_path / "file").exists()
    assert run("dump", "demo", "file").status == 7 and run("dump", "demo", "file", "--overwrite").status == 0
    assert run("load", "file", "copy", "--json").json == {"loaded": "copy"} and run("load", "file", "copy").status == 7
    with shoal.open(str(directory / "shoal.copy")) as copy:
        assert (copy["v"], copy.counter("c").value, list(copy["m"])) == ({"a": 1}, 3, [7, 7, 7]) and copy.check() == []
        assert run("load", "file", "copy", "--overwrite").status == 4
    (tmp_path / "file").write_bytes(b"x" * 100000)
    assert run("load", "file", "other").status == 6 and not (directory / "shoal.other").exists()


def test_a_dump_as_json_has_all_values(run, segment):
    segment["v"] = [1]
    segment.counter("c").add(3)
    segment.lock("l")
    said = run("dump", "demo", "--json").json
    assert said["segment"]["objects"] == 3
    assert {each["name"]: each.get("value") for each in said["objects"]} == {"v": [1], "c": 3, "l": None}
    assert run("dump", "demo").status == 2


@pytest.mark.parametrize("words, status", [
    ([], 2), (["nosuch"], 2), (["ls", "a", "b"], 2), (["ls", "--nosuch"], 2), (["ls", "-x"], 2), (["stat"], 2), (["get", "demo", "--output"], 2), (["ls", "--long=x"], 2),
    (["stat", "nosuch"], 3), (["stat", "demo", "nosuch"], 3), (["get", "demo", "nosuch"], 3), (["unlink", "nosuch"], 3), (["stat", "broken"], 6),
    (["watch", "demo", "v", "--timeout", "0"], 5), (["gc", "--older", "x"], 2), (["ls", "--color", "x"], 2), (["set", "demo", "big", "--raw"], 7),
])
def test_the_exit_status_is_the_same_with_json(run, segment, directory, words, status):
    (directory / "shoal.broken").write_bytes(b"x" * 100000)
    segment["v"] = 1
    input = b"x" * 8000000 if "big" in words else b""
    plain, told = run(*words, input=input), run(*words, "--json", input=input)
    assert (plain.status, told.status) == (status, status) and plain.err.startswith(b"shoal") and told.err == b""
    assert json.loads(told.out.splitlines()[-1])["error"]["exit"] == status


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which needs root")
def test_what_is_not_permitted_is_told_as_such(run, segment, directory):
    os.chmod(directory, 0o755)
    words = [PROGRAM, "stat", "demo", "--json"]
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", *words], capture_output=True, timeout=60)
    assert done.returncode == 4 and json.loads(done.stdout)["error"]["status"] == "SHOAL_EDENIED"


def test_a_full_output_is_an_error(run, segment):
    with open("/dev/full", "wb") as full:
        assert subprocess.run([PROGRAM, "ls"], stdout=full, stderr=subprocess.PIPE, timeout=60).returncode == 7


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_a_section_of_the_manual(run, command):
    assert run(command, "--help").text.startswith(f"usage: shoal {command}") and run("help", command).text == run(command, "--help").text
    assert f"\n### {command}" in (ROOT / "docs/cli.md").read_text()


def test_the_manual_page_is_made_of_the_help(run):
    assert run("man").text == (ROOT / "cli/shoal.1").read_text(), "run: build/core/shoal man > cli/shoal.1"


def test_completion_is_a_program_of_its_shell(run, tmp_path):
    assert subprocess.run(["bash", "-n"], input=run("completion", "bash").out, timeout=60).returncode == 0
    for shell in ("bash", "zsh", "fish"):
        assert all(command in run("completion", shell).text for command in COMMANDS)
    assert run("completion", "tcsh").status == 2


def test_bash_completes_commands_and_names(run, segment):
    code = f'PATH={PROGRAM.parent}:$PATH; eval "$(shoal completion bash)"; f() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _shoal; echo "${{COMPREPLY[@]}}"; }}; ' \
           "f shoal sta; f shoal stat de; f shoal gc --y; f shoal get demo v"
    segment["value"] = 1
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["stat", "demo", "--yes", "value"], done.stderr
