<?php
/* The PHP side of flows.py: php flows.php < way.json, what the consumers did as JSON on stdout. flows.py says what these are. */

declare(strict_types=1);

const ROUNDS = 20; // messages between two looks at the clock

/** The variables that code leaves, beside those that it was given. */
function after(string $code, array $names): array
{
    extract($names);
    unset($names);
    eval($code);
    unset($code);
    return get_defined_vars();
}

/** A function that does it so many times. */
function loop(string $statement, array $names): Closure
{
    $use = implode(', ', array_map(fn ($name) => "&\$$name", array_keys($names)));
    extract($names);
    return eval("return static function (int \$times) use ($use) { for (\$i = 0; \$i < \$times; \$i++) { $statement; } };");
}

/** Nanoseconds that this process was ready to run and had no core. */
function waited(): int
{
    return (int) explode(' ', file_get_contents('/proc/self/schedstat'))[1];
}

/** How many messages a second, and the part of the time that we had no core. */
function consume(Closure $run, float $seconds): array
{
    $run(10 * ROUNDS);
    [$start, $before, $done] = [hrtime(true), waited(), 0];
    while (($took = hrtime(true) - $start) < $seconds * 1e9) {
        $run(ROUNDS);
        $done += ROUNDS;
    }
    return [$done / $took * 1e9, (waited() - $before) / $took];
}

/** A child on this core, whose standard output we read; it does this and is no more. */
function start(int $core, Closure $do): array
{
    [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    if (($pid = pcntl_fork()) === 0) {
        fclose($here);
        exec("taskset -pc $core " . getmypid());
        fwrite($there, json_encode($do()) . "\n");
        posix_kill(posix_getpid(), SIGKILL);
    }
    fclose($there);
    return [$pid, $here];
}

$way = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
try {
    $names = after($way['setup'], ['NAME' => $way['name'], 'FOLDER' => $way['folder']]);
    after($way['each'], $names); // of a peer whose server is missing
} catch (Throwable $error) {
    echo json_encode(['missing' => get_class($error) . ": {$error->getMessage()}"]);
    exit;
}
$producers = array_map(fn ($core) => start($core, function () use ($way, $names) {
    loop($way['put'], after($way['each'], $names))(PHP_INT_MAX);
}), $way['producer cores']);
$consumers = array_map(fn ($core) => start($core, fn () => consume(loop($way['get'], after($way['each'], $names)), $way['seconds'])),
    $way['consumer cores']);
$found = array_map(fn ($consumer) => json_decode((string) fgets($consumer[1])), $consumers);
foreach ($producers as [$pid]) {
    posix_kill($pid, SIGKILL);
}
while (pcntl_wait($status) > 0);
after($way['end'], $names);
echo json_encode(['consumers' => $found]);
