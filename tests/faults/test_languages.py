"""The main faults of the host in Python and PHP: which exception it is, and that its sentence says what to do."""

import errno
import os
import subprocess
import sys
import tempfile

import pytest

from conftest import HERE, needs_root

PYTHON = [sys.executable, "-c"]
PHP = ["php", "-n", "-d", "extension=posix", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", "-r"]
LANGUAGES = {"python": PYTHON, "php": PHP}


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def program_in(language, tmp_path_factory):
    """Run a program of the language that is tried, by the name of the fault, in a segment directory of its own."""
    def run(source, before=(), directory=None, **options):
        directory = directory or tmp_path_factory.mktemp("segments")
        done = subprocess.run([*before, *LANGUAGES[language], source[language]], text=True, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**os.environ, "SHOAL_DIR": str(directory)}, **options)
        assert done.returncode == 0 and "Fatal" not in done.stdout and "Warning" not in done.stdout, done.stdout
        return done.stdout.strip()

    return run


MAKE = {  # and say which exception comes
    "python": """
import shoal
try:
    segment = shoal.open_or_create("subject", "1M")
    segment["value"] = [1, 2, 3]
    print("made")
except (shoal.Error, OSError) as exception:
    print(type(exception).__name__, exception)
""",
    "php": r"""
try {
    $segment = Shoal\open_or_create("subject", "1M");
    $segment["value"] = [1, 2, 3];
    echo "made";
} catch (Throwable $exception) {
    echo (new ReflectionClass($exception))->getShortName(), " ", $exception->getMessage();
}
""",
}
SYSTEM = {"python": "OSError", "php": "SystemError"}


def test_out_of_descriptors_is_the_systems_error(program_in, language):
    source = {
        "python": "import resource, shoal\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n" + MAKE["python"],
        "php": r'$keep = []; $limit = 32; while (($file = @fopen("/dev/null", "r")) !== false) $keep[] = $file;' + MAKE["php"],
    }
    said = program_in(source, before=["sh", "-c", 'ulimit -n 32; exec "$@"', "sh"])
    assert said.startswith(SYSTEM[language]) and os.strerror(errno.EMFILE) in said and "subject" in said


def test_a_file_system_mounted_readonly_is_denied(program_in, language, small_mount):
    directory = small_mount("size=4m")
    assert program_in(MAKE, directory=directory) == "made"
    subprocess.run(["mount", "-o", "remount,ro", directory], check=True)
    said = program_in(MAKE, directory=directory)
    assert said.startswith("Denied") and "subject" in said and "readonly" in said
    read = {"python": 'import shoal; print(shoal.open("subject", readonly=True)["value"])',
            "php": r'echo json_encode(Shoal\open("subject", readonly: true)["value"]);'}
    assert program_in(read, directory=directory).replace(" ", "") == "[1,2,3]"


AS_USER = {  # after the library is loaded: interpreters may lie where others may not look
    "python": "import os, shoal\nos.setgroups([])\nos.setgid({uid})\nos.setuid({uid})\nos.umask(0)\n",
    "php": "posix_setgid({uid}); posix_setuid({uid}); umask(0);",
}


def as_user(uid, source):
    return {name: AS_USER[name].format(uid=uid) + text for name, text in source.items()}


def test_a_directory_that_others_own_is_denied(program_in):
    needs_root("to be another user")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        os.chmod(directory, 0o755)
        said = program_in(as_user(65534, MAKE), directory=directory)
        assert said.startswith("Denied") and "subject" in said and os.listdir(directory) == []


def test_what_somebody_else_put_under_our_name_is_not_taken_for_ours(program_in):
    """In a directory that is everybody's, as /dev/shm is."""
    needs_root("to be two other users")
    open_to_all = {name: text.replace('"1M"', '"1M", mode=0o666' if name == "python" else '"1M", mode: 0666')
                   for name, text in MAKE.items()}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        os.chmod(directory, 0o1777)
        assert program_in(as_user(12345, open_to_all), directory=directory) == "made"
        said = program_in(as_user(65534, MAKE), directory=directory)
        assert said.startswith("Denied") and "12345" in said


LIFE = {  # everything that a filter may hinder: make, fork, share, wait, time out
    "python": """
import os, shoal
segment = shoal.open_or_create("subject", "4M")
lock, event, counter = segment.lock("lock"), segment.event("event"), segment.counter("counter")
lock.acquire()
child = os.fork()
if child == 0:
    assert not lock.acquire(timeout=0.05)
    event.set()
    with lock:
        counter.add(1)
    segment["child"] = b"c" * 300_000
    os._exit(0)
assert event.wait(timeout=30)
lock.release()
assert os.waitpid(child, 0)[1] == 0
assert int(counter.value) == 1 and segment["child"] == b"c" * 300_000 and segment.check() == []
array = segment.array("array", (100_000,), "float64")
array[:] = 1.5
assert array.sum() == 150_000
assert not segment.event("other").wait(timeout=0.05)
print("lived")
""",
    "php": r"""
$segment = Shoal\open_or_create("subject", "4M");
$counter = $segment->counter("counter");
$lock = $segment->lock("lock");
$segment["value"] = str_repeat("c", 300000);
$lock->acquire();
$counter->add(1);
$lock->release();
assert($segment["value"] === str_repeat("c", 300000) && $counter->value === 1);
$event = $segment->event("event");
assert(!$event->wait(0.05));
$event->set();
assert($event->wait(10));
$array = $segment->array("array", [100000], "float64");
$array->fill(1.5);
assert($array->sum() == 150000);
assert($segment->check() === []);
echo "lived";
""",
}


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS], ids=errno.errorcode.get)
def test_without_shared_futexes_everything_works_by_polling(program_in, deny, error):
    assert program_in(LIFE, before=[deny, str(error), "futex", "futex_waitv", "--"]) == "lived"


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS], ids=errno.errorcode.get)
def test_without_random_numbers_of_the_kernel_everything_works(program_in, deny, error):
    assert program_in(LIFE, before=[deny, str(error), "getrandom", "--"]) == "lived"


@pytest.mark.parametrize("what", ["locks", "looks for locks", "fallocate"])
def test_what_cannot_be_done_without_is_the_systems_error(program_in, language, deny, what):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:  # a disk can do without fallocate
        said = program_in(MAKE, before=[deny, str(errno.ENOSYS), what, "--"], directory=directory)
    assert said.startswith(SYSTEM[language]) and "subject" in said and os.strerror(errno.ENOSYS) in said


def test_without_proc_everything_works(program_in):
    needs_root("to hide /proc")
    # Also where / is no mount point, as in a chroot; and not for everybody, which --make-private sees to.
    hide = 'mount --make-private /proc && mount -t tmpfs none /proc && exec "$@"'
    assert program_in(LIFE, before=["unshare", "-m", "--propagation", "unchanged", "sh", "-c", hide, "sh"]) == "lived"


@pytest.mark.parametrize("kind", ["ramfs", "disk"])
def test_other_file_systems_work(program_in, small_mount, kind, tmp_path):
    directory = tmp_path if kind == "disk" else small_mount("", kind)
    assert program_in(LIFE, directory=directory) == "lived"
    assert [name for name in os.listdir(directory) if name != "shoal.subject"] == []


def test_where_a_lock_cannot_be_tied_to_a_process_that_is_said(program_in, language, small_mount):
    """overlayfs maps another file than the one that was locked: nobody could tell who is alive."""
    directory = small_mount("", "overlay")
    said = program_in(MAKE, directory=directory)
    assert said.startswith(SYSTEM[language]) and "cannot tie a file lock" in said and os.listdir(directory) == []


def test_a_segment_deleted_and_replaced_under_its_users_stays_theirs(program_in):
    source = {
        "python": """
import os, shoal
mine = shoal.create("subject", "1M")
mine["value"] = "old"
os.unlink(os.environ["SHOAL_DIR"] + "/shoal.subject")
try:
    shoal.open("subject")
except shoal.NotFound as exception:
    assert "subject" in str(exception)
mine["value"] = "kept"
pid = os.fork()
if pid == 0:
    mine["child"] = 1
    os._exit(0)
os.waitpid(pid, 0)
other = shoal.create("subject", "1M")
other["value"] = "new"
assert (mine["value"], mine["child"], other["value"]) == ("kept", 1, "new")
assert mine.check() == other.check() == []
try:
    mine.unlink()
except shoal.NotFound:
    print("lived")
""",
        "php": r"""
$mine = Shoal\create("subject", "1M");
$mine["value"] = "old";
unlink(getenv("SHOAL_DIR") . "/shoal.subject");
try {
    Shoal\open("subject");
    echo "found?";
} catch (Shoal\NotFound $exception) {
}
$mine["value"] = "kept";
$other = Shoal\create("subject", "1M");
$other["value"] = "new";
assert($mine["value"] === "kept" && $other["value"] === "new");
assert($mine->check() === [] && $other->check() === []);
try {
    $mine->unlink();
} catch (Shoal\NotFound $exception) {
    echo "lived";
}
""",
    }
    assert program_in(source) == "lived"


def test_processes_whose_monotonic_clocks_differ_wait_for_each_other(tmp_path):
    """A time namespace whose clock is 11 days ahead; a Lock handed over in turns, with deadlines on both sides."""
    needs_root("to make a time namespace")
    turn = """
import shoal, sys, time
me, began = int(sys.argv[1]), time.monotonic()
segment = shoal.open_or_create("subject", "1M")
lock, turns = segment.lock("lock"), segment.counter("turns")
while turns.value < 200:
    if turns.value % 2 != me:
        turns.wait(turns.value, timeout=5)
        continue
    assert lock.acquire(timeout=5)
    turns.add(1)
    lock.release()
assert not segment.event("never").wait(timeout=0.1)
assert time.monotonic() - began < 20
"""
    ahead = ["unshare", "--time", "--monotonic", "1000000", "--fork", "--kill-child"]
    environment = {**os.environ, "SHOAL_DIR": str(tmp_path)}
    both = [subprocess.Popen([*before, *PYTHON, turn, str(i)], env=environment) for i, before in enumerate(([], ahead))]
    assert [process.wait(60) for process in both] == [0, 0]
