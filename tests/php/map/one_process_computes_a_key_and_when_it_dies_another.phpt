--TEST--
map: one process computes a key, and when it dies another does
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$map = $segment->map('m');
$computed = $segment->counter('computed');
$victim = start(function () use ($map, $computed) {
    $map->getOrSet('k', function () use ($computed) {
        $computed->add();
        sleep(60);
    });
});
until(fn () => $computed->value === 1);
$compute = function () use ($computed) {
    $computed->add();
    return 'computed';
};
for ($i = 0; $i < 3; $i++) {
    $others[] = start(fn () => exit($map->getOrSet('k', $compute) === 'computed' ? 0 : 1));
}
until(fn () => count($map->waiters) === 3);
var_dump($computed->value);
exec("kill -KILL $victim");
reap($victim);
var_dump(array_map('reap', $others), $computed->value, $map['k']);
try {
    $map->getOrSet('e', fn () => throw new LogicException('no luck'));
} catch (LogicException $error) {
    echo $error->getMessage(), "\n";
}
var_dump($map->getOrSet('e', fn () => $map->getOrSet('e', fn () => 'inner')));
$child = start(fn () => $map->getOrSet('x', fn () => exit(0)));
reap($child);
var_dump($map->getOrSet('x', fn () => 'after exit'), $segment->check());
?>
--EXPECT--
int(1)
array(3) {
  [0]=>
  int(0)
  [1]=>
  int(0)
  [2]=>
  int(0)
}
int(2)
string(8) "computed"
no luck
string(5) "inner"
string(10) "after exit"
array(0) {
}
