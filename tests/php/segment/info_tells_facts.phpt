--TEST--
segment: info tells facts
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('1M');
$segment['k'] = 1;
$info = $segment->info();
echo implode(' ', array_keys($info)), "\n";
var_dump($info['name'] === $segment->name, basename($info['path']) === 'shoal.' . $segment->name, strlen($info['id']));
var_dump($info['size'], $info['objects'], $info['used'] > 0, $info['committed'] >= $info['used'], $info['readonly']);
var_dump(array_column($info['peers'], 'pid') === [getmypid()], array_column($info['peers'], 'alive'));
var_dump(abs($info['created'] - microtime(true)) < 60, $info['locks']);
?>
--EXPECT--
name path id size used committed largest_free objects peer_limit removed recoveries lifetime mode owner format created readonly peers locks
bool(true)
bool(true)
int(32)
int(1048576)
int(1)
bool(true)
bool(true)
bool(false)
bool(true)
array(1) {
  [0]=>
  bool(true)
}
bool(true)
array(0) {
}
