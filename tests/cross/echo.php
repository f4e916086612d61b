<?php
/* The PHP side of the cross tests: one command a line of JSON on stdin, one answer a line on stdout. */

declare(strict_types=1);

require __DIR__ . '/describe.inc';
require __DIR__ . '/queues.inc';
require __DIR__ . '/../kinds/kinds.php';

$segment = null;
$held = [];

function key_of(Shoal\Locks $locks, array $command): mixed
{
    $key = $locks[$command['key']];
    return match ($command['method']) {
        'acquire', 'read' => [$key->{$command['method']}($command['timeout'] ?? 0), $key->recovered],
        'release' => $key->release(),
        'keys' => $locks->keys(),
        'facts' => [$key->isLocked(), $key->owner['pid'] ?? null, $key->sharing, $key->waiting],
    };
}

function obey(array $command): mixed
{
    global $segment, $held;
    $name = $command['name'] ?? '';
    switch ($command['do']) {
        case 'open': $segment = Shoal\open($name, $command['readonly'] ?? false); return $segment->name;
        case 'create': $segment = Shoal\create($name); return $segment->name;
        case 'close': $segment->close(); $segment = null; $held = []; return null;
        case 'open_plain': $segment = Shoal\open($name, paths: false); return $segment->name;
        case 'segments': return array_column(Shoal\segments(), 'size', 'name');
        case 'unlink_segment': $segment->unlink(); return null;
        case 'backup': $segment->backup($name, $command['overwrite'] ?? false); return null;
        case 'unlink': Shoal\unlink($name); return null;
        case 'describe': return describe($segment[$name]);
        case 'store': $segment[$name] = build($command['value']); return null;
        case 'echo': $segment[$command['to']] = $segment[$name]; return null;
        case 'remove': unset($segment[$name]); return null;
        case 'release_all': return Shoal\release_all();
        case 'names': return array_keys(iterator_to_array($segment));
        case 'kind': return get_debug_type($segment[$name]);
        case 'check': return $segment->check();
        case 'array':
            $array = $segment->array($name, $command['shape'] ?? null, $command['dtype'] ?? null);
            $facts = [];
            foreach (['shape', 'dtype', 'ndim', 'size', 'nbytes', 'itemsize', 'strides'] as $property) {
                $facts[$property] = $array->$property;
            }
            return $facts;
        case 'list': return describe($segment->array($name)->toArray());
        case 'pack': return base64_encode($segment->array($name)->pack());
        case 'unpack': $segment->array($name)->unpack(base64_decode($command['bytes'])); return null;
        case 'assign': $segment->array($name)->assign(build($command['value'])); return null;
        case 'fill': $segment->array($name)->fill(build($command['value'])); return null;
        case 'set': $segment->array($name)->set(build($command['value']), ...$command['index']); return null;
        case 'get': return describe($segment->array($name)->get(...$command['index']));
        case 'slice': return describe($segment->array($name)->slice(...$command['ranges'])->toArray());
        case 'reduce': return describe($segment->array($name)->{$command['method']}());
        case 'counter': return describe($segment->counter($name)->{$command['method']}(...$command['arguments']));
        case 'count to':
            $counter = $segment->counter($name);
            for ($i = 0; $i < $command['times']; $i++) {
                $counter->add();
            }
            return $counter->value;
        case 'reader': $held[$name] = $segment->stream($name)->reader($command['from_start'] ?? false); return null;
        case 'send': return $segment->stream($name)->send(build($command['value']));
        case 'read': return describe($held[$name]->read($command['timeout'] ?? 20));
        case 'flood': return flood($segment->stream($name), $command['times']);
        case 'follow': return follow($held[$name]);
        case 'channel': $made = $segment->channel($name, ...$command['given']); return [$made->shape, $made->dtype, $made->bytes, $made->slots, $made->history];
        case 'send frame': return $segment[$name]->send(build($command['value']));
        case 'fill frames': return fill($segment[$name], $command['item'] ?? getmypid(), $command['times'] ?? 1, $command['die'] ?? false);
        case 'read frame': return told($segment[$name]->read($command['newer'] ?? null, $command['timeout'] ?? null), $command['keep'] ?? false);
        case 'kept frames': return array_map(fn ($frame) => $frame->array->toArray(), $held);
        case 'follow frames': return follow_frames($segment[$name], $command['until']);
        case 'hold': return waits()[$command['own']]->hold($segment);
        case 'free': return waits()[$command['own']]->free($segment);
        case 'wait': return [waits()[$command['own']]->wait($segment, $command['timeout'] ?? null), waits()[$command['own']]->told($segment)];
        case 'take': return [holds()[$command['own']]->take($segment, $command['timeout'] ?? null), holds()[$command['own']]->recovered($segment)];
        case 'give': return holds()[$command['own']]->give($segment);
        case 'alone': return holds()[$command['own']]->alone($segment);
        case 'take turns':
            for ($i = 0; $i < $command['times']; $i++) {
                holds()[$command['own']]->take($segment);
                holds()[$command['own']]->give($segment);
                fwrite(STDOUT, "{\"ok\":null}\n");
            }
            return 'done';
        case 'make one':
            $kind = kinds()[$command['kind']];
            $made = $kind->make($segment);
            return $kind->use($kind->class === '' ? $made : $segment['x']) ? kept($kind, $made) : throw new LogicException('it is of no use');
        case 'make': $held[$name] = make($segment, $command); return null;
        case 'call':
            $start = hrtime(true);
            $result = call($held[$name], $command['method'], $command['arguments'] ?? []);
            return ['result' => $result, 'recovered' => $held[$name]->recovered ?? null, 'seconds' => (hrtime(true) - $start) / 1e9];
        case 'key': return key_of($segment->locks($name), $command);
        case 'property': return $held[$name]->{$command['property']};
        case 'forget': unset($held[$name]); return null;
        case 'increment under lock':
            [$array, $lock] = [$segment->array($command['array']), $segment->lock($name)];
            for ($i = 0; $i < $command['times']; $i++) {
                $lock->synchronized(fn () => $array[0] = $array[0] + 1);
            }
            return null;
        case 'pid': return getmypid();
        case 'exit': exit(0);
    }
    return match (strtok($command['do'], ' ')) {
        'queue' => with_queue($segment, $command),
        'jobs' => with_jobs($segment, $command),
    };
}

/** So many messages that show when they are torn; then "end". */
function flood(Shoal\Stream $stream, int $times): int
{
    for ($i = 0; $i < $times; $i++) {
        $stream->send([getmypid(), $i, str_repeat(chr(64 + $i % 50), 7 * ($i % 50))]);
    }
    return $stream->send('end');
}

/** Read up to an "end": how many were read and missed, and what was wrong with them. */
function follow(Shoal\StreamReader $reader): array
{
    [$read, $missed, $wrong, $last] = [0, $reader->missed, [], []];
    $number = $reader->number;
    while (($message = $reader->read(20)) !== 'end') {
        [$pid, $i, $text] = $message;
        $text === str_repeat(chr(64 + $i % 50), 7 * ($i % 50)) || $wrong[] = "torn: $reader->number";
        ($last[$pid] ?? -1) < $i && $reader->number > $number || $wrong[] = "out of order: $reader->number";
        [$last[$pid], $number] = [$i, $reader->number];
        $read++;
    }
    return [$read, $reader->missed - $missed, array_slice($wrong, 0, 5)];
}

/** Publish so many frames, each of one item; die in the midst of the last. */
function fill(Shoal\Channel $channel, int $item, int $times, bool $die): int
{
    for ($published = 0; $times > 0; $times--) {
        $published += (int) $channel->write(function ($frame) use ($item, $times, $die) {
            $frame->slice([0, 1])->fill($item);
            if ($die && $times === 1) {
                fwrite(STDOUT, "{\"ok\":\"half\"}\n");
                sleep(60);
            }
            $frame->fill($item);
        });
    }
    return $published;
}

/** A frame as the tests compare it; kept, if it is to be. */
function told(?Shoal\Frame $frame, bool $keep): ?array
{
    global $held;
    if ($keep) {
        $held[] = $frame;
    }
    return $frame === null ? null : [$frame->number, $frame->missed, $frame->copied, $frame->array->dtype === 'uint8' ? describe($frame->value) : $frame->array->toArray()];
}

/** Every frame until one of that number is of one item, and they come in order. */
function follow_frames(Shoal\Channel $channel, int $until): array
{
    $last = $missed = 0;
    foreach ($channel as $number => $frame) {
        if ($number <= $last || count(array_unique($frame->array->toArray())) !== 1) {
            throw new LogicException("frame $number is torn, or came after $last");
        }
        [$last, $missed] = [$number, $missed + $frame->missed];
        if ($number >= $until) {
            return [$last, $missed];
        }
    }
}

/** What the other language shall see, too, under the names that Python has for it. */
function kept(Kind $kind, mixed $made): object
{
    $names = array_map(fn ($name) => strtolower(preg_replace('/[A-Z]/', '_$0', $name)), ['name', ...$kind->kept]);
    $kept = $kind->class === '' ? [] : array_combine($names, $kind->kept($made));
    return (object) [...$kept, ...(isset($kept["lock"]) ? ["lock" => $kept["lock"]->name] : [])];
}

/** The lock of that kind; its parameters have the words of both languages. */
function make(Shoal\Segment $segment, array $command): object
{
    global $held;
    $name = $command['name'];
    return match ($command['kind']) {
        'lock' => $segment->lock($name, $command['reentrant'] ?? false, $command['strict'] ?? false),
        'rwlock' => $segment->rwlock($name),
        'semaphore' => $segment->semaphore($name, $command['value'] ?? 1, $command['bounded'] ?? true),
        'event' => $segment->event($name),
        'condition' => $segment->condition($name, $held[$command['lock']]),
        'barrier' => $segment->barrier($name, $command['parties']),
        'counter' => $segment->counter($name),
    };
}

/** `is_set` is isSet here. */
function call(object $lock, string $method, array $arguments): mixed
{
    $method = lcfirst(str_replace('_', '', ucwords($method, '_')));
    return $lock->$method(...$arguments);
}

while (($line = fgets(STDIN)) !== false) {
    try {
        $answer = ['ok' => obey(json_decode($line, true, 4096, JSON_THROW_ON_ERROR))];
    } catch (Throwable $error) {
        $answer = ['error' => get_class($error), 'message' => $error->getMessage()];
    }
    fwrite(STDOUT, json_encode($answer, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE, 4096) . "\n");
}
