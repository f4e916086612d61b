<?php
// A worker of test_kill_interpreters.py: see worker.py, which does the same.
const KEYS = 5;

function payload(int $number, int $version): array
{
    $size = $version % 7 === 0 ? 1 << 20 : $version * 37 % 3000;
    return ['from' => $number, 'version' => $version, 'text' => "Grüße $version",
        'pad' => new Shoal\Bytes(str_repeat(chr($version % 251), $size))];
}

[, $name, $number, $seed, $path] = $argv;
mt_srand((int) $seed);
$diary = fopen($path, 'r+b');
stream_set_write_buffer($diary, 0);
$segment = Shoal\open($name);
$lock = $segment->lock('lock');
$counter = $segment->counter('count');
$pair = $segment->array('pair', [2], 'int64');

function note(int $at, int $version): void
{
    global $diary;
    fseek($diary, $at);
    fwrite($diary, pack('P', $version));
}

$version = 1 + max(unpack('P*', fread($diary, 16 * KEYS)));
while (true) {
    $key = mt_rand(0, KEYS - 1);
    $own = "$number/$key";
    switch (mt_rand(0, 5)) {
        case 0:
        case 1:
            $version++;
            note(16 * $key, $version);
            $segment[$own] = payload((int) $number, $version);
            note(16 * $key + 8, $version);
            break;
        case 2:
            note(16 * $key, 0);
            unset($segment[$own]);
            note(16 * $key + 8, 0);
            break;
        case 3:
            $lock->synchronized(function () use ($lock, $pair) {
                if ($lock->recovered) {
                    $pair[1] = $pair[0];
                }
                if ($pair[0] !== $pair[1]) {
                    throw new LogicException('two words under a lock differ, and nobody was told');
                }
                $pair[0] = $pair[0] + 1;
                $pair[1] = $pair[1] + 1;
            });
            break;
        case 4:
            $counter->add();
            break;
        default:
            $array = "array/$number";
            if (isset($segment[$array])) {
                unset($segment[$array]);
            } else {
                $segment->array($array, [mt_rand(0, 49999)], 'float64');
            }
    }
    note(16 * KEYS, $version); // a sign of life
}
