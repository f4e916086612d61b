"""The contests of PHP; contests.py says what the words mean."""

from __future__ import annotations

from contests import Case, Contest

SEGMENT = "$segment = Shoal\\create($NAME, '{size}');\n"
UNLINK = "$segment->unlink()"
EMPTY = "$empty = new SplDoublyLinkedList();"
TEXTS = {"64 B": "str_repeat('abcdefghijklmnop', 4)", "1 KiB": "str_repeat('abcdefghijklmnop', 64)"}
NESTED = "$value = []; for ($i = 0; $i < 20; $i++) { $value[\"key $i\"] = [$i, $i * 0.5, \"text $i\", $i % 2 == 0, null]; }\n"
SYSV = "$shm = shm_attach(ftok($FOLDER, chr(65 + crc32($NAME) % 26)), 1 << 20);\n"
SYSV_END = "shm_remove($shm)"
REDIS = "$redis = new Redis(); $redis->connect(getenv('BENCH_REDIS'));\n"
MEMCACHED = "$memcached = new Memcached(); $memcached->addServer(getenv('BENCH_MEMCACHED'), 0);\n"


def php(title: str, group: str, *cases: Case, **more) -> Contest:
    return Contest(title, group, cases, language="PHP", **more)


def locks() -> tuple[Contest, ...]:
    semaphore = "$semaphore = sem_get(ftok($FOLDER, 'l'), 1, 0600, true);"
    flock = "$file = fopen(\"$FOLDER/$NAME\", 'w');"
    lock = SEGMENT.format(size="1M") + "$lock = $segment->lock('lock'); $nothing = function () {};"
    counter = SEGMENT.format(size="1M") + "$counter = $segment->counter('counter');"
    return (
        php("lock->acquire(); release()", "locks",
            Case("shoal", "$lock->acquire(); $lock->release()", SEGMENT.format(size="1M") + "$lock = $segment->lock('lock');",
                 cleanup=UNLINK),
            Case("sem_acquire, sem_release", "sem_acquire($semaphore); sem_release($semaphore)", semaphore,
                 cleanup="sem_remove($semaphore)", least=25.0),
            Case("flock", "flock($file, LOCK_EX); flock($file, LOCK_UN)", flock, least=25.0),
            Case("Swoole\\Lock, not robust", "$lock->lock(); $lock->unlock()", "$lock = new Swoole\\Lock(SWOOLE_MUTEX);", least=0.95),
            Case("two empty methods", "$empty->count(); $empty->count()", EMPTY)),
        php("rwlock->read(); unlock()", "locks",
            Case("shoal", "$rwlock->read(); $rwlock->unlock()", SEGMENT.format(size="1M") + "$rwlock = $segment->rwlock('rwlock');",
                 cleanup=UNLINK),
            Case("Swoole\\Lock, RWLOCK", "$lock->lock(LOCK_SH); $lock->unlock()", "$lock = new Swoole\\Lock(SWOOLE_RWLOCK);", least=0.9)),
        php("lock->synchronized(callback)", "locks",
            Case("shoal", "$lock->synchronized($nothing)", lock, cleanup=UNLINK),
            Case("shoal, a closure that is made for the call", "$lock->synchronized(function () {})", lock, cleanup=UNLINK),
            Case("that closure made, and nothing else", "bench_nothing(function () {})", "function bench_nothing($callback) {}"),
            Case("shoal, acquire(), the call, release() in finally",
                 "$lock->acquire(); try { $nothing($lock); } finally { $lock->release(); }", lock, cleanup=UNLINK),
            Case("shoal, acquire(); release()", "$lock->acquire(); $lock->release()", lock, cleanup=UNLINK, least=0.5),
            Case("call_user_func", "call_user_func($nothing, $empty)", EMPTY + "$nothing = function () {};")),
        php("counter->add()", "counters",
            Case("shoal", "$counter->add()", counter, cleanup=UNLINK),
            Case("apcu_inc", "apcu_inc($NAME)", "apcu_store($NAME, 0);", least=3.0),
            Case("Swoole\\Atomic", "$atomic->add()", "$atomic = new Swoole\\Atomic();", least=1.0),
            Case("redis INCR, unix socket", "$redis->incr($NAME)", REDIS, cleanup="$redis->del($NAME)"),
            Case("an empty method", "$empty->count()", EMPTY, least=0.5)),
        php("counter->add(), another process does the same", "counters",
            Case("shoal", "$counter->add()", counter, cleanup=UNLINK),
            Case("apcu_inc", "apcu_inc($NAME)", "apcu_store($NAME, 0);", least=5.0), load=1),
    )


def strings(size: str, text: str, get: dict, put: dict) -> tuple[Contest, ...]:
    text = f"$text = {text};\n"
    ours = text + SEGMENT.format(size="16M") + "$segment['key'] = $text;"
    apcu, yac = text + "apcu_store($NAME, $text);", text + "$yac = new Yac('b'); $yac->set('key', $text);"
    sysv = text + SYSV + "shm_put_var($shm, 1, $text);"
    redis, memcached = text + REDIS + "$redis->set($NAME, $text);", text + MEMCACHED + "$memcached->set($NAME, $text);"
    return (
        php(f"get a string of {size}", "values",
            Case("shoal", "$segment['key']", ours, cleanup=UNLINK),
            Case("apcu_fetch", "apcu_fetch($NAME)", apcu, least=get["apcu"]),
            Case("shm_get_var", "shm_get_var($shm, 1)", sysv, cleanup=SYSV_END, least=get["sysv"]),
            Case("yac", "$yac->get('key')", yac, least=get["yac"]),
            Case("memcached, unix socket", "$memcached->get($NAME)", memcached),
            Case("redis, unix socket", "$redis->get($NAME)", redis)),
        php(f"put a string of {size}", "values",
            Case("shoal", "$segment['key'] = $text", ours, cleanup=UNLINK),
            Case("apcu_store", "apcu_store($NAME, $text)", apcu, least=put["apcu"]),
            Case("shm_put_var", "shm_put_var($shm, 1, $text)", sysv, cleanup=SYSV_END, least=put["sysv"]),
            Case("yac", "$yac->set('key', $text)", yac, least=put["yac"]),
            Case("memcached, unix socket", "$memcached->set($NAME, $text)", memcached),
            Case("redis, unix socket", "$redis->set($NAME, $text)", redis)),
    )


def large_string(size: str, sixteens: int, least: dict, peers: bool = False) -> tuple[Contest, ...]:
    """`peers`: those too that take long, or that get it only in time."""
    text = f"$text = str_repeat('abcdefghijklmnop', {sixteens});\n"
    ours = text + SEGMENT.format(size="256M") + "$segment['key'] = $text;"
    sysv = text + f"$shm = shm_attach(ftok($FOLDER, chr(65 + crc32($NAME) % 26)), {sixteens * 16 * 2 + 4096});\nshm_put_var($shm, 1, $text);"
    redis = text + REDIS + "$redis->set($NAME, $text);"
    copy = f"FFI::memcpy($c, $text, {sixteens * 16})"
    return (
        php(f"get a string of {size}", "values",
            Case("shoal", "$segment['key']", ours, cleanup=UNLINK),
            Case("apcu_fetch", "apcu_fetch($NAME)", text + "apcu_store($NAME, $text);", cleanup="apcu_delete($NAME)"),
            Case("shm_get_var", "shm_get_var($shm, 1)", sysv, cleanup=SYSV_END),
            *([Case("redis, unix socket", "$redis->get($NAME)", redis, cleanup="$redis->del($NAME)")] if peers else [])),
        php(f"put a string of {size}", "values",
            Case("shoal", "$segment['key'] = $text", ours, cleanup=UNLINK),
            Case("apcu_store", "apcu_store($NAME, $text)", text, cleanup="apcu_delete($NAME)"),
            Case("shm_put_var", "shm_put_var($shm, 1, $text)", sysv, cleanup=SYSV_END),
            Case("memcpy (FFI)", copy, text + f"$c = FFI::new('char[{sixteens * 16}]'); {copy};", least=least["memcpy"]),
            *([Case("redis, unix socket", "$redis->set($NAME, $text)", redis, cleanup="$redis->del($NAME)")] if peers else [])),
    )


def many_keys() -> tuple[Contest, ...]:
    """PHP's strings remember their hash, so a peer that uses PHP's has to make it once for each key."""
    fill = f"$text = {TEXTS['1 KiB']}; $i = 0; $keys = []; for ($j = 0; $j < 10000; $j++) {{ $keys[] = \"key $j\"; }}\n"
    key = "$keys[++$i % 10000]"
    ours = fill + SEGMENT.format(size="64M") + "foreach ($keys as $key) { $segment[$key] = $text; }"
    apcu = fill + "foreach ($keys as $key) { apcu_store($key, $text); }"
    return (
        php("get a string of 1 KiB, of 10,000 keys", "values",
            Case("shoal", f"$segment[{key}]", ours, cleanup=UNLINK),
            Case("apcu_fetch", f"apcu_fetch({key})", apcu, least=1.0)),
        php("put a string of 1 KiB, of 10,000 keys", "values",
            Case("shoal", f"$segment[{key}] = $text", ours, cleanup=UNLINK),
            Case("apcu_store", f"apcu_store({key}, $text)", apcu, least=1.0)),
    )


def values() -> tuple[Contest, ...]:
    text = f"$text = {TEXTS['64 B']};\n"
    nested = NESTED + SEGMENT.format(size="16M") + "$segment['key'] = $value;"
    return (
        *strings("64 B", TEXTS["64 B"], {"apcu": 1.2, "sysv": 1.0, "yac": 2.5}, {"apcu": 1.5, "sysv": 0.7, "yac": 3.0}),
        *strings("1 KiB", TEXTS["1 KiB"], {"apcu": 1.2, "sysv": 1.0, "yac": 2.5}, {"apcu": 2.5, "sysv": 0.7, "yac": 3.0}),
        *many_keys(),
        *large_string("64 KiB", 4096, {"memcpy": 0.66}),
        *large_string("256 KiB", 16384, {"memcpy": 0.33}),
        *large_string("1 MiB", 65536, {"memcpy": 0.33}, True),
        *large_string("16 MiB", 1 << 20, {"memcpy": 0.33}),
        php("get a string of 64 B, beside one who writes it and three who read it", "values",
            Case("shoal", "$segment['key']", text + SEGMENT.format(size="16M") + "$segment['key'] = $text;",
                 other="if ($which) { $segment['key']; } else { $segment['key'] = $text; }", cleanup=UNLINK),
            Case("apcu_fetch", "apcu_fetch($NAME)", text + "apcu_store($NAME, $text);",
                 other="if ($which) { apcu_fetch($NAME); } else { apcu_store($NAME, $text); }", least=3.0), load=4),
        php("get an array of 100 leaves", "values",
            Case("shoal", "$segment['key']", nested, cleanup=UNLINK),
            Case("apcu_fetch", "apcu_fetch($NAME)", NESTED + "apcu_store($NAME, $value);", least=1.5),
            Case("shm_get_var", "shm_get_var($shm, 1)", NESTED + SYSV + "shm_put_var($shm, 1, $value);", cleanup=SYSV_END,
                 least=1.5),
            Case("igbinary_unserialize alone", "igbinary_unserialize($raw)", NESTED + "$raw = igbinary_serialize($value);"),
            Case("unserialize alone", "unserialize($raw)", NESTED + "$raw = serialize($value);")),
        php("put an array of 100 leaves", "values",
            Case("shoal", "$segment['key'] = $value", nested, cleanup=UNLINK),
            Case("apcu_store", "apcu_store($NAME, $value)", NESTED, least=1.5),
            Case("shm_put_var", "shm_put_var($shm, 1, $value)", NESTED + SYSV, cleanup=SYSV_END, least=1.5),
            Case("igbinary_serialize alone", "igbinary_serialize($value)", NESTED),
            Case("serialize alone", "serialize($value)", NESTED)),
    )


def segments() -> tuple[Contest, ...]:
    return (
        php("attach, close", "segments",
            Case("shoal", "Shoal\\open($NAME)->close()", "Shoal\\create($NAME, '1M')->close();", cleanup="Shoal\\unlink($NAME)"),
            Case("shoal, and an array opened", "$there = Shoal\\open($NAME); $there['array']; $there->close()",
                 "$there = Shoal\\create($NAME, '1M'); $there->array('array', [1000], 'float64'); $there->close();",
                 cleanup="Shoal\\unlink($NAME)"),
            Case("shmop", "shmop_open($key, 'w', 0, 0)", "$key = ftok($FOLDER, 's'); $shm = shmop_open($key, 'c', 0600, 1 << 20);",
                 cleanup="shmop_delete($shm)"),
            Case("shm_attach", "shm_detach(shm_attach($key))",
                 "$key = ftok($FOLDER, 't'); $shm = shm_attach($key, 1 << 20);", cleanup=SYSV_END)),
    )


def arrays() -> tuple[Contest, ...]:
    ours = SEGMENT.format(size="16M") + "$array = $segment->array('array', [1000], 'float64');"
    ffi = "$c = FFI::new('double[1000]');"
    copy = "FFI::memcpy($c, $raw, 8000000)"
    million = "$values = range(0.5, 1000000.0); $raw = pack('d*', ...array_slice($values, 0, 10)); " \
              "$raw = implode('', array_map(fn ($part) => pack('d*', ...$part), array_chunk($values, 1000)));\n"
    large = million + SEGMENT.format(size="16M") + "$array = $segment->array('array', [1000000], 'float64'); $array->unpack($raw);"
    return (
        php("array[i], read", "elements",
            Case("shoal", "$array[3]", ours, cleanup=UNLINK),
            Case("FFI double[]", "$c[3]", ffi, least=0.8),
            Case("unpack of one double", "unpack('d', $raw)", "$raw = pack('d', 2.5);", least=3.0)),
        php("array[i], write", "elements",
            Case("shoal", "$array[3] = 2.5", ours, cleanup=UNLINK),
            Case("FFI double[]", "$c[3] = 2.5", ffi, least=0.8)),
        php("toArray() of 1M float64", "arrays",
            Case("shoal", "$array->toArray()", large, cleanup=UNLINK),
            Case("unpack", "unpack('d*', $raw)", million, least=3.0), slow=True),
        php("assign() of 1M float64", "arrays",
            Case("shoal", "$array->assign($values)", large, cleanup=UNLINK),
            Case("pack", "pack('d*', ...$values)", million, least=3.0), slow=True),
        php("pack() of 8 MB", "arrays",
            Case("shoal", "$array->pack()", large, cleanup=UNLINK),
            Case("a copy of the string", "substr_replace($raw, 'x', 0, 1)", million, least=0.8), slow=True),
        php("unpack() of 8 MB", "arrays",
            Case("shoal", "$array->unpack($raw)", large, cleanup=UNLINK),
            Case("memcpy (FFI)", copy, million + f"$c = FFI::new('double[1000000]'); {copy};", least=0.8), slow=True),
    )


def contests() -> tuple[Contest, ...]:
    return locks() + values() + segments() + arrays()
