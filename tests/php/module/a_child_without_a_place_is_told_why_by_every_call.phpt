--TEST--
module: a child without a place is told why by every call
--EXTENSIONS--
shoal
pcntl
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
$segment = Shoal\create(fresh_name(), '512K');
$private = fresh('1M');
foreach (live() as $name => $kind) {
    $objects[$name] = $kind->make($segment, $name);
}
$objects['array'] = $array = $segment->array('a', [100]);
$objects['signal'] = $segment->semaphore('g', 3, bounded: false);
/* What the process itself knows, without a look at the segment. */
$known = ['name', 'shape', 'dtype', 'ndim', 'size', 'nbytes', 'itemsize', 'strides', 'readonly', 'strict', 'lock',
    'getIterator', 'condition.__serialize'];
$handles = ['counter.__serialize', 'lock.__serialize', 'rwlock.__serialize', 'semaphore.__serialize', 'signal.__serialize',
    'event.__serialize', 'barrier.__serialize', 'queue.__serialize', 'job_queue.__serialize'];
array_push($handles, 'channel.__serialize', 'stream.__serialize', 'stream.missed', 'stream.number', 'locks.__serialize', 'locks.offsetGet', 'map.__serialize');
$looks = ['channel.shape', 'channel.dtype', 'locks.getIterator']; // what is called so elsewhere is known
$arguments = ['exchange' => [1], 'compareExchange' => [1, 2], 'wait' => [0], 'waitFor' => [fn () => false], 'acquire' => [0.0],
    'synchronized' => [fn () => 1], 'readSynchronized' => [fn () => 1], 'writeSynchronized' => [fn () => 1], 'unpack' => [str_repeat("\0", 12)],
    'assign' => [[1]], 'fill' => [1.0], 'get' => [0], 'set' => [1.0, 0], 'slice' => [[0, 3]], 'offsetExists' => [0],
    'offsetGet' => [0], 'offsetSet' => [0, 1.0], 'read' => [0.0], 'write' => [0.0], 'put' => [1], 'putMany' => [[1]],
    'getMany' => [1], 'loan' => [[1]], 'work' => [fn () => 1], '__construct' => null, '__unserialize' => null, 'offsetUnset' => null];
$arguments['send'] = [1];
/* What of a Map has other arguments than the methods of that name of other kinds. */
$of_maps = ['get' => ['k'], 'has' => ['k'], 'set' => ['k', 1], 'add' => ['k', 1], 'replace' => ['k', 1], 'gets' => ['k'], 'cas' => ['k', 1, 1], 'delete' => ['k'],
    'pop' => ['k'], 'touch' => ['k'], 'ttl' => ['k'], 'increment' => ['k'], 'decrement' => ['k'], 'getMany' => [['k']], 'setMany' => [['k' => 1]],
    'deleteMany' => [['k']], 'getOrSet' => ['k', fn () => 1], 'invalidate' => ['k']];

/* All slots: each child that only waits is a peer. */
[$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
while (count($segment->info()['peers']) < 126) {
    if (pcntl_fork() === 0) {
        fclose($there);
        fread($here, 1); // until the parent ends
        exec('kill -KILL ' . getmypid());
    }
}

/* In a child: "Closed" with the reason, "fine", what else is thrown, or the signal it died of. */
function outcome(callable $call): string
{
    [$read, $write] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $end = child(function () use ($call, $write) {
        try {
            $call();
            $said = 'fine';
        } catch (Shoal\Closed $error) {
            $said = preg_match('/forked without it.*has all of its/', $error->getMessage()) ? 'Closed' : 'Closed: ' . $error->getMessage();
        } catch (Throwable $error) {
            $said = get_class($error) . ': ' . $error->getMessage();
        }
        fwrite($write, $said);
        exit(0);
    });
    fclose($write);
    return $end < 0 ? "killed by signal $end" : stream_get_contents($read);
}

$calls = [];
foreach ($objects as $kind => $object) {
    $class = new ReflectionClass($object);
    foreach ($class->getMethods() as $method) {
        $given = array_key_exists($method->name, $arguments) ? $arguments[$method->name] : [];
        if ($given !== null) {
            $given = match ("$kind.$method->name") {
                'event.set' => [],
                'channel.write' => [fn () => 1],
                "map.$method->name" => $of_maps[$method->name] ?? $given,
                default => $given,
            };
            if ("$kind.$method->name" === 'locks.offsetSet') {
                continue; // nothing is ever assigned there
            }
            $calls["$kind.$method->name"] = fn () => $object->{$method->name}(...$given);
        }
    }
    foreach ($class->getProperties() as $property) {
        $calls["$kind.$property->name"] = fn () => $object->{$property->name};
    }
}
$calls += [
    'array.[0]' => fn () => $array[0], 'array.[0]=' => function () use ($array) { $array[0] = 1.0; },
    'array.foreach' => function () use ($array) { foreach ($array as $each); }, 'array.clone' => fn () => clone $array,
    'array.serialize' => fn () => serialize($array), 'array.isset' => fn () => isset($array[0]),
    'put' => function () use ($segment, $array) { $segment['y'] = $array; },
    'put elsewhere' => function () use ($private, $array) { $private['y'] = $array; },
    'assign elsewhere' => fn () => $private->array('p', [100])->assign($array),
    'segment.get' => fn () => $segment['counter'], 'segment.check' => fn () => $segment->check(), 'segment.info' => fn () => $segment->info(),
    'segment.counter' => fn () => $segment->counter('new'), 'counter.(int)' => fn () => (int) $objects['counter'],
];
foreach ($calls as $name => $call) {
    $is_known = !in_array($name, $looks) && (in_array($name, $known) || in_array(explode('.', $name)[1] ?? '', $known) || in_array($name, $handles));
    $said = outcome($call);
    if ($said !== ($is_known ? 'fine' : 'Closed')) {
        echo "$name: $said\n";
    }
}
echo count($calls) > 90 ? "done\n" : count($calls);
?>
--EXPECT--
done
