<?php
/* What PHP finds in the golden segment, as JSON: bytes in hexadecimal. Writing, it also takes the lock that the dead held. */

declare(strict_types=1);

[, $path, $mode] = $argv;
$segment = Shoal\open($path, $mode === 'readonly');
$told = ['names' => [], 'values' => [], 'arrays' => [], 'counters' => [], 'recovered' => null];
foreach ($segment as $name => $object) {
    $told['names'][] = $name;
    if ($object instanceof Shoal\NdArray) {
        $told['arrays'][$name] = [$object->dtype, $object->shape, bin2hex($object->pack())];
    } elseif ($object instanceof Shoal\Counter) {
        $told['counters'][$name] = $object->value;
    } elseif (is_string($object) && in_array($name, ['bytes', 'long', 'longer'], true)) {
        $told['values'][$name] = bin2hex($object);
    } elseif (!is_object($object)) {
        $told['values'][$name] = $object;
    }
}
sort($told['names'], SORT_STRING);
$frame = $segment['frames']->read();
$picture = $segment['pictures']->read();
$told['frames'] = [
    'frames' => [$frame->number, bin2hex($frame->value)],
    'pictures' => [$picture->number, $picture->array->dtype, $picture->array->shape, bin2hex($picture->array->pack())],
];
$reader = $segment['news']->reader(true);
try {
    while (true) {
        $told['news'][] = bin2hex($reader->read(0.0));
    }
} catch (Shoal\Timeout) {
}
$told['counts'] = [count($segment['queue']), count($segment['shut']), $segment['shut']->isShutdown, $segment['jobs']->delayed];
if ($mode === 'writing') {
    $lock = $segment->lock('held');
    $lock->acquire();
    $told['recovered'] = $lock->recovered;
    $lock->release();
    $segment['text'] = 'more';
    foreach (['queue', 'shut'] as $name) {
        $told[$name] = array_map(bin2hex(...), $segment[$name]->getMany(100, 0.0));
    }
    while (($job = $segment['jobs']->take(0.0)) !== null) {
        $told['taken'][] = [bin2hex($job->value), $job->attempt];
        $job->done();
    }
    foreach ($segment['jobs']->dead() as $job) {
        $told['dead'][] = [bin2hex($job['value']), $job['priority'], $job['reason']];
    }
}
$told['check'] = $segment->check();
echo json_encode($told, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
