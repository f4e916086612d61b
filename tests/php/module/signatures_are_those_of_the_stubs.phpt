--TEST--
module: signatures are those of the stubs
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$expected = [];
foreach (glob(__DIR__ . '/../../../php/*.stub.php') as $stub) {
    preg_match_all('/^(?:final )?(?:class|interface) (\w+)|public function (\w+)\((.*)\)(?:: ([\w\\\\|?]+))? \{\}|^function (\w+)\((.*)\)/m', file_get_contents($stub), $found, PREG_SET_ORDER);
    foreach ($found as $match) {
        if (($match[1] ?? '') !== '') {
            $class = new ReflectionClass('Shoal\\' . $match[1]);
        } elseif (($match[2] ?? '') !== '') {
            $method = $class->getMethod($match[2]);
            $expected[] = [$class->name . '::' . $match[2], substr_count($match[3], '$') === $method->getNumberOfParameters(), trim((string) $method->getReturnType(), '\\') !== '' || $match[2] === '__construct'];
        } else {
            $function = new ReflectionFunction('Shoal\\' . $match[5]);
            $expected[] = [$match[5], substr_count($match[6], '$') === $function->getNumberOfParameters(), $function->hasReturnType()];
        }
    }
}
echo count($expected) > 50 ? 'many' : count($expected), "\n";
foreach ($expected as [$name, $parameters, $return]) {
    if (!$parameters || !$return) {
        echo "$name differs\n";
    }
}
?>
--EXPECT--
many
