<?php
$open = fn ($segment) => $segment->rwlock('x');
$reader = new Hold($open, 'read', 'unlock', 'readSynchronized', kept: 'holds or waits for it', strongest: 'write');
$writer = new Hold($open, 'write', 'unlock', 'writeSynchronized', tells: true, kept: 'holds or waits for it');

return new Kind(
    class: Shoal\RWLock::class,
    make: fn ($segment, $name) => $segment->rwlock($name),
    use: fn ($rw) => $rw->readSynchronized(fn ($rw) => $rw->isReading()) && $rw->writeSynchronized(fn ($rw) => $rw->isWriting()) && !$rw->isWriting(),
    facts: ['recovered', 'owner', 'readers', 'waiters'],
    looks: [fn ($rw) => $rw->owner, fn ($rw) => $rw->readers, fn ($rw) => $rw->waiters, fn ($rw) => $rw->isReading(), fn ($rw) => $rw->isWriting()],
    changes: [
        fn ($rw) => $rw->read(), fn ($rw) => $rw->write(0), fn ($rw) => $rw->unlock(), fn ($rw) => $rw->downgrade(),
        fn ($rw) => $rw->readSynchronized(fn () => 1), fn ($rw) => $rw->writeSynchronized(fn () => 1),
    ],
    refused: [...refused_timeouts('read'), ...refused_timeouts('write')],
    holds: ['read' => $reader, 'write' => $writer],
    waits: ['read' => Wait::toHold($reader, $writer), 'write' => Wait::toHold($writer, $reader)],
);
