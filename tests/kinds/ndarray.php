<?php
return new Kind(
    class: Shoal\NdArray::class,
    listed: false,
    make: fn ($segment, $name) => $segment->array($name, [3], 'int32'),
    use: fn ($array) => ($array[1] = 7) && $array->toArray() === [0, 7, 0] && $array->fill(0) === null && $array->sum() === 0,
    others: array_map(fn ($given) => fn ($segment, $name) => $segment->array($name, ...$given), [[[4], 'int32'], [[3], 'float64'], [[3, 1], 'int32']]),
    impossible: array_map(fn ($given) => fn ($segment, $name) => $segment->array($name, ...$given), [[[-1]], [[PHP_INT_MAX]], [[1], 'U5'], [[1], '']]),
    kept: ['shape', 'dtype', 'strides'],
    facts: ['ndim', 'size', 'nbytes', 'itemsize', 'readonly'],
    looks: [fn ($array) => $array[0], fn ($array) => $array->toArray(), fn ($array) => $array->sum(), fn ($array) => $array->pack()],
    changes: [
        function ($array) { $array[0] = 9; }, fn ($array) => $array->fill(1), fn ($array) => $array->assign([1, 2, 3]), fn ($array) => $array->set(1, 0),
        fn ($array) => $array->unpack(str_repeat("\0", 12)), fn ($array) => $array->slice([0, 1])->fill(0),
    ],
    handle: false,
);
