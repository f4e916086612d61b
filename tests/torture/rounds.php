<?php
// rounds.php ROUNDS: what rounds.c does, through the PHP extension. Prints the state before and after as JSON.

function look(Shoal\Segment $segment): array
{
    preg_match('/RssAnon:\s+(\d+)/', file_get_contents('/proc/self/status'), $resident);
    return [$segment->used, (int) $resident[1], count(file('/proc/self/maps')), count(scandir('/proc/self/fd'))];
}

function one_round(Shoal\Segment $segment, int $i): void
{
    $name = 'object ' . $i % 100;
    switch ($i % 4) {
        case 0:
            $segment->counter($name, $i)->add();
            break;
        case 1:
            $segment->lock($name)->synchronized(fn () => null);
            break;
        case 2:
            $segment->array($name, [$i % 7, 11], 'float32')->toArray();
            break;
        default:
            $segment[$name] = ['list' => [$i, null, 'text'], 'bytes' => new Shoal\Bytes(str_repeat('x', $i % 3000))];
            $segment[$name];
    }
    unset($segment[$name]);
    if ($i % 1000 === 0) {
        $other = Shoal\create();
        $other['k'] = 'v';
        $other->close();
    }
}

$segment = Shoal\create();
for ($i = 0; $i < 4000; $i++) {
    one_round($segment, $i);
}
$before = look($segment);
for ($i = 0; $i < $argv[1]; $i++) {
    one_round($segment, $i);
}
echo json_encode([$before, look($segment), $segment->check()]), "\n";
