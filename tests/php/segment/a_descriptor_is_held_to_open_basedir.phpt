--TEST--
segment: a descriptor is held to open_basedir
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
// a worker keeps what an earlier request opened: its number is no way to it
$inside = fresh_path();
$outside = fresh_path();
mkdir($inside);
mkdir($outside);
register_shutdown_function(fn () => exec("rm -r $inside $outside"));
$segments = [
    'far' => Shoal\create("$outside/file", '1M'), 'nowhere' => Shoal\create(null, '1M'), 'near' => Shoal\create("$inside/file", '1M'),
];
ini_set('open_basedir', "$inside:" . __DIR__);
foreach ($segments as $which => $segment) {
    $fd = $segment->fileno();
    echo $which, ' ', thrown(fn () => Shoal\open($fd)), ' ', thrown(fn () => Shoal\open("fd:$fd")), ' ',
        thrown(fn () => Shoal\open($fd, readonly: true)), "\n";
}
$far = $segments['far']->fileno();
$handle = sprintf('O:13:"Shoal\Segment":3:{s:7:"segment";s:%d:"fd:%d";s:8:"readonly";b:0;s:5:"owner";i:-1;}', strlen("fd:$far"), $far);
echo thrown(fn () => unserialize($handle)), "\n";
echo thrown(fn () => Shoal\open("fd:$far/../../" . basename($outside) . '/file')), "\n";
echo str_replace((string) $far, 'N', complaint(fn () => Shoal\open($far))), "\n";
echo thrown(fn () => Shoal\open(9999)), "\n";
?>
--EXPECT--
far Shoal\Denied Shoal\Denied Shoal\Denied
nowhere Shoal\Denied Shoal\Denied Shoal\Denied
near nothing nothing nothing
Shoal\Denied
Shoal\Denied
Shoal\Denied: "fd:N" lies outside of open_basedir
Shoal\NotFound
