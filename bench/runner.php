<?php
/*
 * Time the PHP cases of one contest, alternately: php runner.php < contest.json, samples as JSON on stdout. What a
 * sample is, and the load, runner.py says; here the empty loop is measured too and taken away.
 */

declare(strict_types=1);

const UNROLLED = 10;

final class BenchCase
{
    public int $rounds = 1;
    private array $names = [];
    private Closure $run;
    private Closure $idle;
    private int $unrolled;

    public function __construct(public readonly array $spec, private readonly array $contest)
    {
        $this->unrolled = $spec['slow'] ? 1 : UNROLLED;
        $this->names = self::prepare($spec['setup'], "{$contest['name']}-{$spec['key']}", $contest['folder']);
        $this->run = $this->loop($spec['statement'], $this->unrolled);
        $this->idle = $this->loop('', $this->unrolled);
    }

    /** The variables that the setup leaves. */
    private static function prepare(string $setup, string $NAME, string $FOLDER): array
    {
        eval($setup);
        unset($setup);
        return get_defined_vars();
    }

    private function loop(string $statement, int $times): Closure
    {
        $use = implode(', ', array_map(fn ($name) => "\$$name", array_keys($this->names)));
        extract($this->names);
        return eval("return static function (int \$rounds) use ($use) {"
            . '$start = hrtime(true); for ($i = 0; $i < $rounds; $i++) {' . str_repeat("$statement;", $times) . '}'
            . 'return hrtime(true) - $start; };');
    }

    /**
     * Others of the same kind; they have begun when this returns. They end between statements: of those that we are
     * compared with some never let go of a lock whose owner was killed.
     */
    private function startLoad(): array
    {
        $children = [];
        for ($i = 0; $i < $this->contest['load']; $i++) {
            [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            if (($child = pcntl_fork()) === 0) {
                $this->names['which'] = $i;
                $run = $this->loop($this->spec['other'] ?: $this->spec['statement'], 1);
                $end = false;
                pcntl_async_signals(true);
                pcntl_signal(SIGTERM, function () use (&$end) { $end = true; });
                $run(1);
                fwrite($there, '!');
                while (!$end) {
                    $run(100);
                }
                posix_kill(posix_getpid(), SIGKILL);
            }
            fread($here, 1);
            $children[] = $child;
        }
        return $children;
    }

    public function sample(): float
    {
        $children = $this->startLoad();
        $took = ($this->run)($this->rounds) - ($this->idle)($this->rounds);
        foreach ($children as $child) {
            posix_kill($child, SIGTERM);
            pcntl_waitpid($child, $status);
        }
        return $took / $this->rounds / $this->unrolled;
    }

    public function calibrate(float $milliseconds): void
    {
        while (true) {
            $took = ($this->run)($this->rounds) / 1e6;
            if ($this->spec['slow']) { // runs once, to see that it does
                return;
            }
            if ($took >= $milliseconds / 4) {
                $this->rounds = max(1, (int) round($this->rounds * $milliseconds / $took));
                return;
            }
            $this->rounds *= 4;
        }
    }

    public function close(): void
    {
        $this->loop($this->spec['cleanup'], 1)(1);
    }
}

$contest = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
$cases = $samples = $missing = [];
try {
    foreach ($contest['cases'] as $spec) {
        try {
            $case = new BenchCase($spec, $contest);
            $case->calibrate($contest['milliseconds']);
            $cases[] = $case;
        } catch (Throwable $error) { // a peer, or its server, that is not installed here, or does not begin
            if ($spec['who'] === 'shoal') {
                throw $error;
            }
            $missing[$spec['key']] = get_class($error) . ": {$error->getMessage()}";
        }
    }
    for ($round = 0; $round < $contest['rounds']; $round++) {
        shuffle($cases);
        foreach ($cases as $case) {
            $samples[$case->spec['key']][] = $case->sample();
        }
    }
} finally {
    foreach ($cases as $case) {
        $case->close();
    }
}
echo json_encode(['samples' => (object) $samples, 'missing' => (object) $missing]);
