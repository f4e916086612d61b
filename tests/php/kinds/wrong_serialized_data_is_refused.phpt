--TEST--
kinds: wrong serialized data is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
$data = fn (string $class, array $fields) => sprintf('O:%d:"%s":', strlen($class), $class) . substr(serialize($fields), 2);
of_each(live(), function (Kind $kind, Shoal\Segment $segment) use ($data) {
    $segment['value'] = 1;
    $made = $kind->make($segment);
    [$name, $other] = [$segment->name, $kind->class === Shoal\Counter::class ? $segment->lock('other') : $segment->counter('other')];
    foreach ([
        [], ['segment' => $name], ['name' => 'x'], ['segment' => $name, 'name' => 5], ['segment' => 5, 'name' => 'x'], ['segment' => $name, 'name' => 'no'],
        ['segment' => 'test-not-there', 'name' => 'x'], ['segment' => $name, 'name' => 'other'], ['segment' => $name, 'name' => 'value'],
    ] as $fields) {
        $said[] = thrown(fn () => unserialize($data($kind->class, $fields)));
    }
    $said[] = complaint(fn () => $made->__unserialize([]));
    return same($said, [
        ...array_fill(0, 5, 'UnexpectedValueException'), 'Shoal\NotFound', 'Shoal\NotFound', 'Shoal\TypeMismatch', 'Shoal\TypeMismatch',
        "Error: this $kind->class was made already: only a new object can be unserialized",
    ]);
});
?>
--EXPECT--
all of them
