<?php
/* The PHP side of many.py: php many.php < way.json, slices as JSON on stdout. many.py says what these are. */

declare(strict_types=1);

const UNROLLED = 10;
const ROUNDS = 20; // between two looks at the clock

/** The variables that code leaves, beside those that it was given. */
function after(string $code, array $names): array
{
    extract($names);
    unset($names);
    eval($code);
    unset($code);
    return get_defined_vars();
}

function loop(string $statement, array $names): Closure
{
    $use = implode(', ', array_map(fn ($name) => "&\$$name", array_keys($names)));
    extract($names);
    return eval("return static function () use ($use) { for (\$round = 0; \$round < " . ROUNDS . '; $round++) {'
        . str_repeat("$statement;", UNROLLED) . '} };');
}

/** Nanoseconds of processor time that this process had. */
function processor(): int
{
    $used = getrusage();
    return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1_000_000_000
        + ($used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec']) * 1000;
}

/** Statements done and processor time in each slice from `start` on. */
function slices(Closure $run, int $start, int $slice, int $count): array
{
    while (hrtime(true) < $start);
    $found = [];
    for ($end = $start + $slice; count($found) < $count; $end += $slice) {
        $began = processor();
        $done = 0;
        do {
            $run();
            $done += UNROLLED * ROUNDS;
        } while (hrtime(true) < $end);
        $found[] = [$done, processor() - $began];
    }
    return $found;
}

/** What each process does: it is ready when it writes a line, reads the time to begin at, and writes its slices. */
function child(array $way, array $names, int $which, $parent): void
{
    exec("taskset -pc {$way['cores'][$which]} " . getmypid());
    $names = after($way['each'], $names + ['which' => $which]);
    $run = loop($way['statement'], $names);
    $run();
    fwrite($parent, "ready\n");
    $found = slices($run, (int) fgets($parent), $way['slice'], $way['slices']);
    $run = null;
    after($way['end'], $names);
    fwrite($parent, json_encode($found) . "\n");
    fgets($parent); // peers that clean up when a process ends do so when all have
}

$way = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
try {
    $names = after($way['setup'], ['NAME' => $way['name'], 'FOLDER' => $way['folder']]);
    loop($way['each'] === '' ? $way['statement'] : '', $names)();
} catch (Throwable $error) {
    echo json_encode(['missing' => get_class($error) . ": {$error->getMessage()}"]);
    exit;
}
$children = [];
foreach ($way['cores'] as $which => $core) {
    [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    if (pcntl_fork() === 0) {
        fclose($here);
        child($way, $names, $which, $there);
        posix_kill(posix_getpid(), SIGKILL);
    }
    fclose($there);
    $children[] = $here;
}
array_map('fgets', $children);
$start = hrtime(true) + 10_000_000;
array_map(fn ($child) => fwrite($child, "$start\n"), $children);
$found = array_map(fn ($child) => json_decode((string) fgets($child)), $children);
array_map('fclose', $children);
while (pcntl_wait($status) > 0);
after($way['cleanup'], $names);
echo json_encode(['slices' => $found]);
