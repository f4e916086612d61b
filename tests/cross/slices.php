<?php
/* The PHP side of test_arrays_against_numpy.py: does each of $segment["jobs"], and leaves what came of it as "r0", "r1", … */

declare(strict_types=1);

$segment = Shoal\open($argv[1]);
$readonly = Shoal\open($argv[1], readonly: true);

function attempt(callable $do): mixed
{
    try {
        return $do();
    } catch (Throwable $error) {
        return ['threw' => get_class($error)];
    }
}

function lists(mixed $item): mixed
{
    return $item instanceof Shoal\NdArray ? $item->toArray() : $item;
}

/* All that changes it comes last. */
function contest(Shoal\NdArray $array, Shoal\NdArray $other, array $ranges): array
{
    $view = $array->slice(...$ranges);
    $bytes = $view->pack();
    $done = ['shape' => $view->shape, 'strides' => $view->strides, 'bytes' => new Shoal\Bytes($bytes), 'copy' => clone $view,
        'list' => $view->toArray(), 'items' => $view->ndim ? array_map(lists(...), iterator_to_array($view)) : [],
        'equal' => $view == clone $view, 'same' => $view == $other->slice(...$ranges)];
    foreach (['sum', 'min', 'max', 'mean'] as $name) {
        $done[$name] = attempt($view->$name(...));
    }
    $blank = clone $view;
    $blank->fill($array->dtype[0] === 'S' ? '' : 0);
    $blank->assign($done['list']);
    $done['assigned'] = new Shoal\Bytes($blank->pack());
    $view->unpack(strrev($bytes));
    $done['unpacked'] = new Shoal\Bytes($array->pack());
    $view->unpack($bytes);
    $turned = array_fill(0, $view->ndim, [null, null, -1]);
    $view->assign($other->slice(...$ranges)->slice(...$turned)); // onto itself, at another address
    $done['turned'] = new Shoal\Bytes($array->pack());
    return $done;
}

foreach ($segment['jobs'] as $i => $ranges) {
    $segment["r$i"] = attempt(fn () => contest($segment["a$i"], $readonly["a$i"], $ranges));
}
