"""Every call that the core makes to the system or to malloc fails, in every way it can: see faults.c."""

from conftest import symbols

# What the core calls and interpose.c leaves alone: it does not fail, or nobody can tell that it did.
HARMLESS = set("""
    __errno_location __libc_single_threaded __popcountdi2 __tls_get_addr __sched_cpucount _GLOBAL_OFFSET_TABLE_ closedir
    getenv geteuid getpid
    memchr memcmp memcpy memmove memset pthread_atfork pthread_key_delete pthread_mutex_destroy
    pthread_mutex_init pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock pthread_once pthread_sigmask qsort raise sched_yield sigaddset sigemptyset snprintf strcat strchr strcmp strcpy
    strcspn strerror strlen strncat strnlen strncmp strncpy strrchr strspn strtol strtoull sysconf vsnprintf
""".split())


def test_every_function_that_the_core_calls_can_fail_here(interposed):
    """Who adds a system call to the core adds its faults to interpose.h, or says here why there are none."""
    # Since glibc 2.38 strtol is that of C23, by another name.
    called = {name.removeprefix("__isoc23_") for name in symbols(interposed[0], "U") if not name.startswith("fault_")}
    assert called - HARMLESS == set()


def test_no_fault_is_lost_leaks_or_leaves_damage(run, level):
    share = {"short": 10, "default": 3, "long": 1}[level]
    figures = run("faults", "--share", share, *["--every"] * (level == "long"), timeout=3000)
    assert figures["violations"] == 0 and figures["injections"] > 5000 / share / 2


def test_a_host_that_lacks_something_bears_faults_as_well(run, level):
    """No /proc, no O_TMPFILE, no futexes, no futex_waitv, a fast timer on an old kernel, no MADV_WIPEONFORK, a wall
    clock that jumps."""
    share = {"short": 80, "default": 25, "long": 1}[level]
    assert run("faults", "--share", share, "--hosts", 7, "--only-hosts", timeout=3000)["violations"] == 0


def test_no_pair_of_faults_is_lost_leaks_or_leaves_damage(run, level):
    pairs = {"short": 200, "default": 500, "long": 200000}[level]
    assert run("faults", "--pairs", pairs, "--only-pairs", timeout=3000)["violations"] == 0
