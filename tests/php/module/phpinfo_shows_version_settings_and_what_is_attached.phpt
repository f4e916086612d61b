--TEST--
module: phpinfo shows version settings and what is attached
--EXTENSIONS--
shoal
--INI--
shoal.mode=0640
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('1M');
$segment['k'] = 1;
ob_start();
phpinfo(INFO_MODULES);
$text = ob_get_clean();
$text = substr($text, strpos($text, "\nshoal\n"));
foreach (['/^shoal support => enabled$/m', '/^Version => \d+\.\d+\.\d+$/m', '/^Format => \d+$/m', '/^Directory => \/.+$/m', '/^Mode of new segments => 0640$/m', "/^$segment->name => \\d+ of 1048576 bytes/m", '/^shoal\.directory => no value => no value$/m', '/^shoal\.mode => 0640 => 0640$/m'] as $line) {
    echo preg_match($line, $text), "\n";
}
?>
--EXPECT--
1
1
1
1
1
1
1
1
