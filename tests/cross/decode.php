<?php
/* Decode MessagePack with PHP's msgpack extension, one base64 line each, and describe what it was. */

declare(strict_types=1);

require __DIR__ . '/describe.inc';

/** The extension makes an object of an empty map, and an array of any other. */
function arrays(mixed $value): mixed
{
    return is_array($value) || $value instanceof stdClass ? array_map('arrays', (array) $value) : $value;
}

extension_loaded('msgpack') or exit("PHP's msgpack extension is not loaded\n");
while (($line = fgets(STDIN)) !== false) {
    $answer = describe(arrays(msgpack_unpack(base64_decode(json_decode($line)->bytes))));
    fwrite(STDOUT, json_encode(['ok' => $answer], JSON_THROW_ON_ERROR, 4096) . "\n");
}
