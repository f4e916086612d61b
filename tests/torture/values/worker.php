<?php
/* worker.py in PHP: worker.php SEGMENT SEED ROLE. Arrays it reads, and stores again, but makes none. */

declare(strict_types=1);

const SIZES = [0, 1, 15, 16, 31, 32, 33, 100, 255, 256, 257, 500, 1000, 1990, 2040, 2048, 2100, 4000, 4080, 4090, 4096, 4100, 5000, 16000, 32000,
    65000, 65535, 65536, 70000, 200000, 262100, 262144, 262200, 300000, 1000000];
const NAMES = 60;

function make(string $kind, int $number, int $size): mixed
{
    return match ($kind) {
        'text' => "$number:$size:" . str_repeat(['ä', 'x', 'y', 'z'][$number % 4], $size),
        'bytes' => "\xff$number:$size:" . str_repeat(chr($number % 256), $size),
        'list' => array_merge([$number, $size], array_fill(0, intdiv($size, 9), $number)),
        'map' => ['number' => $number, 'size' => $size, 'text' => str_repeat('x', intdiv($size, 2)), 'when' => new DateTimeImmutable('@' . $number % 10 ** 9),
            'list' => array_fill(0, intdiv($size, 20), $number), $number => $number, "\xff" => null],
    };
}

function is_torn(mixed $value): bool
{
    if (is_string($value)) {
        $bytes = ($value[0] ?? '') === "\xff";
        $head = explode(':', substr($value, (int) $bytes, 30), 3);
        return count($head) !== 3 || $value !== make($bytes ? 'bytes' : 'text', (int) $head[0], (int) $head[1]);
    }
    if (is_array($value)) {
        return array_is_list($value) ? $value !== make('list', $value[0] ?? -1, $value[1] ?? -1) : $value != make('map', $value['number'] ?? -1, $value['size'] ?? -1);
    }
    $items = $value->toArray(); // an array that Python has put
    $size = $items[1] ?? -1;
    return $size < 0 || $items !== array_merge([$items[0], $size], array_fill(0, intdiv($size, 8), $items[0]));
}

final class Worker
{
    private Shoal\Segment $segment;
    private array $fixed = [];
    public array $counts = ['operations' => 0, 'reads' => 0, 'torn' => 0, 'refused' => 0];

    public function __construct(private string $name, private string $role)
    {
        $this->segment = Shoal\open($name, readonly: $role === 'readonly');
        if ($role === 'all') {
            $this->fixed = [$this->segment->lock('lock'), $this->segment->rwlock('rwlock'), $this->segment->semaphore('semaphore', 2),
                $this->segment->event('event'), $this->segment->counter('counter')];
        }
    }

    private function nameOfOne(): string
    {
        return 'name ' . mt_rand(0, NAMES - 1);
    }

    private function read(): mixed
    {
        $value = $this->segment->get($this->nameOfOne());
        if ($value instanceof Shoal\NdArray && $value->name !== null) {
            $value->sum();
        } elseif ($value instanceof Shoal\Counter) {
            $value->value;
        } elseif (is_string($value) || is_array($value) || $value instanceof Shoal\NdArray) {
            $this->counts['reads']++;
            $this->counts['torn'] += (int) is_torn($value);
            return $value;
        }
        return null;
    }

    private function put(): void
    {
        $this->segment[$this->nameOfOne()] = mt_rand(0, 9) ? make(['text', 'bytes', 'list', 'map'][mt_rand(0, 3)], mt_rand(), SIZES[array_rand(SIZES)])
            : $this->read() ?? make('text', 5, 5);
    }

    private function become(): void
    {
        $name = $this->nameOfOne();
        unset($this->segment[$name]);
        match (mt_rand(0, 3)) {
            0 => $this->segment->array($name, [[10, 3000, 40000][mt_rand(0, 2)]], 'float32')[0] = 1,
            1 => $this->segment->counter($name)->add(),
            2 => $this->segment->lock($name),
            3 => $this->segment->event($name),
        };
    }

    private function wait(): void
    {
        [$lock, $rwlock, $semaphore, $event, $counter] = $this->fixed;
        $lock->acquire();
        $counter->add();
        $lock->release();
        mt_rand(0, 9) < 7 ? $rwlock->read() : $rwlock->write();
        $rwlock->unlock();
        if ($semaphore->acquire(0.01)) {
            $semaphore->release();
        }
        mt_rand(0, 1) ? $event->set() : $event->wait(0);
    }

    private function attach(): void
    {
        $again = Shoal\open($this->name, readonly: (bool) mt_rand(0, 1));
        foreach ($again as $name => $value) {
            break;
        }
        $again->close();
    }

    private function one(): void
    {
        $which = $this->role === 'reader' || $this->role === 'readonly' ? 0 : mt_rand(0, 999);
        match (true) {
            $which < 400 => $this->read(),
            $which < 800 => $this->put(),
            $which < 870 => (function () { unset($this->segment[$this->nameOfOne()]); })(),
            $which < 950 || $this->role !== 'all' => $this->become(),
            $which < 995 => $this->wait(),
            default => $this->attach(),
        };
    }

    public function work(float $seconds): array
    {
        $end = microtime(true) + $seconds;
        while (microtime(true) < $end) {
            try {
                $this->one();
            } catch (Shoal\NotFound | Shoal\TypeMismatch | Shoal\AlreadyExists) {
                $this->counts['refused']++;
            }
            $this->counts['operations']++;
        }
        gc_collect_cycles();
        $mapped = count(array_filter(file('/proc/self/maps'), fn ($line) => str_contains($line, "shoal.{$this->name}")));
        return [...$this->counts, 'fds' => count(scandir('/proc/self/fd')), 'maps' => $mapped];
    }
}

mt_srand((int) $argv[2]);
$worker = new Worker($argv[1], $argv[3]);
while (($line = fgets(STDIN)) !== false) {
    echo json_encode($worker->work((float) $line)), "\n";
}
