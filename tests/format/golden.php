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
if ($mode === 'writing') {
    $lock = $segment->lock('held');
    $lock->acquire();
    $told['recovered'] = $lock->recovered;
    $lock->release();
    $segment['text'] = 'more';
}
$told['check'] = $segment->check();
echo json_encode($told, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION);
