<?php
/* Reading it gives a copy: there is no handle. */
return new Kind(
    class: '',
    listed: false,
    make: fn ($segment, $name) => [$segment[$name] = ['a' => [1, 2.5]], $segment[$name]][1],
    use: fn ($value) => $value === ['a' => [1, 2.5]],
    handle: false,
);
