--TEST--
access: changing the copy in place is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = ['a' => 1];
$segment['n'] = 1;
echo complaint(function () use ($segment) { $segment['k']['a'] = 2; }), "\n";
echo complaint(function () use ($segment) { $segment['k'][] = 2; }), "\n";
echo complaint(function () use ($segment) { $segment['n']++; }), "\n";
echo complaint(function () use ($segment) { $reference = &$segment['n']; }), "\n";
$segment['n'] += 5;
$segment['n'] .= '!';
var_dump($segment['k'], $segment['n']);
?>
--EXPECT--
Error: A value read from a segment is a copy: change the copy and assign it
Error: A value read from a segment is a copy: change the copy and assign it
Error: A value read from a segment is a copy: change the copy and assign it
Error: A value read from a segment is a copy: change the copy and assign it
array(1) {
  ["a"]=>
  int(1)
}
string(2) "6!"
