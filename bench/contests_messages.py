"""The contests of what workers hand to each other, within one process: queues, jobs, channels. contests.py says what the words
mean; flows.py measures them between processes, messages.c and channels.c in C.

multiprocessing.SimpleQueue cannot hold 1 MiB: its put waits until somebody else gets.
"""

from __future__ import annotations

from contests import SEGMENT, UNLINK, Case, Contest
from contests_php import REDIS as PHP_REDIS
from contests_php import SEGMENT as PHP_SEGMENT
from contests_php import UNLINK as PHP_UNLINK
from contests_php import php

RAW = "raw = b'abcdefghijklmnop' * {}\n"
SIMPLE_QUEUE = "import multiprocessing\nqueue = multiprocessing.get_context('fork').SimpleQueue()\n"
MP_QUEUE = "import multiprocessing\nqueue = multiprocessing.get_context('fork').Queue()\n"
MP_END = "queue.close(); queue.join_thread()"
FASTER_FIFO = "import faster_fifo\nqueue = faster_fifo.Queue({})\n"
FASTER_END = "queue.close()"
REDIS = "import redis\nclient = redis.Redis(unix_socket_path=os.environ['BENCH_REDIS'])\nclient.ping()\n"
REDIS_JOB = "client.lpush(NAME, raw); client.lmove(NAME, NAME + '-taken', 'RIGHT', 'LEFT'); client.lrem(NAME + '-taken', 1, raw)"
BOTH = "queue.put(raw); queue.get()"
PHP_RAW = "$raw = str_repeat('abcdefghijklmnop', {});\n"
SYSV = "$queue = msg_get_queue(ftok($FOLDER, 'q'), 0600);\n"
SYSV_BOTH = "msg_send($queue, 1, $raw, false, true); msg_receive($queue, 1, $type, {}, $got, false)"
PHP_REDIS_JOB = "$redis->lPush($NAME, $raw); $redis->rawCommand('LMOVE', $NAME, \"$NAME-taken\", 'RIGHT', 'LEFT'); $redis->lRem(\"$NAME-taken\", $raw, 1)"


def queues() -> tuple[Contest, ...]:
    small, kilo, mega = (RAW.format(count) for count in (4, 64, 65536))
    ours = SEGMENT.format(size="64M") + "queue = segment.queue('queue')\n"
    roomy = SEGMENT.format(size="64M") + "queue = segment.queue('queue', capacity='8M')\n"
    hundred = small + "raws = [raw] * 100\n"
    batch = "queue.put_many(raws); queue.get_many(100)"
    return (
        Contest("put and get 64 bytes", "queues", (
            Case("shoal", BOTH, small + ours, cleanup=UNLINK),
            Case("multiprocessing.SimpleQueue", BOTH, small + SIMPLE_QUEUE, cleanup=FASTER_END, least=20.0),
            Case("multiprocessing.Queue", BOTH, small + MP_QUEUE, cleanup=MP_END, least=20.0),
            Case("faster-fifo", BOTH, small + FASTER_FIFO.format(1 << 20), cleanup=FASTER_END, least=20.0),
            Case("redis, LPUSH, RPOP", "client.lpush(NAME, raw); client.rpop(NAME)", small + REDIS, cleanup="client.delete(NAME)"))),
        Contest("put and get 1 KiB", "queues", (
            Case("shoal", BOTH, kilo + ours, cleanup=UNLINK),
            Case("multiprocessing.SimpleQueue", BOTH, kilo + SIMPLE_QUEUE, cleanup=FASTER_END),
            Case("faster-fifo", BOTH, kilo + FASTER_FIFO.format(1 << 20), cleanup=FASTER_END))),
        Contest("put_many and get_many, 100 of 64 bytes", "queues", (
            Case("shoal", batch, hundred + ours, cleanup=UNLINK),
            Case("faster-fifo", "queue.put_many(raws); queue.get_many(max_messages_to_get=100)", hundred + FASTER_FIFO.format(1 << 20),
                 cleanup=FASTER_END, least=30.0))),
        Contest("put and get 1 MiB", "queues", (
            Case("shoal", BOTH, mega + roomy, cleanup=UNLINK),
            Case("memcpy (ctypes.memmove)", "ctypes.memmove(target, raw, len(raw))",
                 mega + "import ctypes\ntarget = ctypes.create_string_buffer(len(raw))", least=0.33),
            Case("multiprocessing.Queue", BOTH, mega + MP_QUEUE, cleanup=MP_END),
            Case("faster-fifo", BOTH, mega + FASTER_FIFO.format(8 << 20), cleanup=FASTER_END))),
        *php_queues(),
    )


def php_queues() -> tuple[Contest, ...]:
    small, kilo = PHP_RAW.format(4), PHP_RAW.format(64)
    ours = PHP_SEGMENT.format(size="64M") + "$queue = $segment->queue('queue');"
    both, redis_both = "$queue->put($raw); $queue->get()", "$redis->lPush($NAME, $raw); $redis->rPop($NAME)"
    redis_end = "$redis->del($NAME)"
    return (
        php("put and get 64 bytes", "queues",
            Case("shoal", both, small + ours, cleanup=PHP_UNLINK),
            Case("msg_send, msg_receive", SYSV_BOTH.format(64), small + SYSV, cleanup="msg_remove_queue($queue)", least=3.0),
            Case("redis, LPUSH, RPOP", redis_both, small + PHP_REDIS, cleanup=redis_end, least=100.0)),
        php("put and get 1 KiB", "queues",
            Case("shoal", both, kilo + ours, cleanup=PHP_UNLINK),
            Case("msg_send, msg_receive", SYSV_BOTH.format(1024), kilo + SYSV, cleanup="msg_remove_queue($queue)", least=3.0),
            Case("redis, LPUSH, RPOP", redis_both, kilo + PHP_REDIS, cleanup=redis_end)),
        php("putMany and getMany, 100 of 64 bytes", "queues",
            Case("shoal", "$queue->putMany($raws); $queue->getMany(100)", small + "$raws = array_fill(0, 100, $raw);" + ours,
                 cleanup=PHP_UNLINK),
            Case("redis, LPUSH, RPOP with all", "$redis->lPush($NAME, ...$raws); $redis->rawCommand('RPOP', $NAME, 100)",
                 small + "$raws = array_fill(0, 100, $raw);" + PHP_REDIS, cleanup=redis_end)),
    )


def jobs() -> tuple[Contest, ...]:
    small = RAW.format(4)
    ours = SEGMENT.format(size="64M") + "queue = segment.job_queue('jobs')\n"
    backlog = ours + "for i in range(10_000): queue.put(raw)\n"
    redis_end = "client.delete(NAME, NAME + '-taken')"
    job = "queue.put(raw); queue.take().done()"
    return (
        Contest("put, take, done: a job of 64 bytes", "jobs", (
            Case("shoal", job, small + ours, cleanup=UNLINK),
            Case("redis, LPUSH, LMOVE, LREM", REDIS_JOB, small + REDIS, cleanup=redis_end, least=50.0),
            Case("multiprocessing.JoinableQueue, put, get, task_done", "queue.put(raw); queue.get(); queue.task_done()",
                 small + MP_QUEUE.replace("Queue", "JoinableQueue"), cleanup=MP_END))),
        Contest("the same while 10,000 jobs are there", "jobs", (
            Case("shoal", job, small + backlog.replace("'jobs'", "'jobs', capacity='2M'"), cleanup=UNLINK),
            Case("redis, LPUSH, LMOVE, LREM", REDIS_JOB, small + REDIS + "for i in range(10_000): client.lpush(NAME, raw)\n",
                 cleanup=redis_end, least=50.0))),
        php("put, take, done: a job of 64 bytes", "jobs",
            Case("shoal", "$queue->put($raw); $queue->take()->done()",
                 PHP_RAW.format(4) + PHP_SEGMENT.format(size="64M") + "$queue = $segment->jobQueue('jobs');", cleanup=PHP_UNLINK),
            Case("redis, LPUSH, LMOVE, LREM", PHP_REDIS_JOB, PHP_RAW.format(4) + PHP_REDIS,
                 cleanup="$redis->del($NAME, \"$NAME-taken\")", least=50.0)),
    )


ICEORYX_FRAMES = """
import ctypes, iceoryx2
iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
node = iceoryx2.NodeBuilder.new().create(iceoryx2.ServiceType.Ipc)
service = node.service_builder(iceoryx2.ServiceName.new(NAME)).publish_subscribe(iceoryx2.Slice[ctypes.c_uint8]) \\
    .subscriber_max_buffer_size({}).open_or_create()
publisher = service.publisher_builder().initial_max_slice_len(size).create()
subscriber = service.subscriber_builder().create()
def send(count):
    for _ in range(count): publisher.loan_slice_uninit(size).assume_init().send()
def receive(count):
    for _ in range(count): subscriber.receive().payload().as_memory_view()
def both():
    publisher.loan_slice_uninit(size).assume_init().send()
    return subscriber.receive().payload().as_memory_view()
"""
ICEORYX_FRAMES_END = "del subscriber, publisher, service, node"
CHANNEL = SEGMENT.format(size="512M") + """channel = segment.channel('channel', (size,), 'uint8', slots=4)
def both():
    with channel.write(): pass
    return memoryview(channel.read())
def read(count):
    for _ in range(count): memoryview(channel.read())
both()
"""
SIZES = {"64 KiB": 1 << 16, "64 MiB": 1 << 26}


def frames() -> tuple[Contest, ...]:
    there = {title: f"size = {size}\n" for title, size in SIZES.items()}
    return (
        *(Contest(f"write and read a frame of {title}, nothing copied", "frames", (
            Case("shoal", "both()", there[title] + CHANNEL, cleanup=UNLINK),
            Case("iceoryx2, loan, send, receive", "both()", there[title] + ICEORYX_FRAMES.format(2), cleanup=ICEORYX_FRAMES_END)))
          for title in SIZES),
        Contest("read the newest frame, nothing copied", "frames", (
            Case("shoal", "memoryview(channel.read())", there["64 MiB"] + CHANNEL, cleanup=UNLINK),
            Case("shoal, 64 KiB", "memoryview(channel.read())", there["64 KiB"] + CHANNEL, cleanup=UNLINK, least=0.83))),
        Contest("read 200 frames of 64 KiB, nothing copied", "frames", (
            Case("shoal", "read(200)", there["64 KiB"] + CHANNEL, cleanup=UNLINK),
            Case("iceoryx2, receive", "receive(200)", there["64 KiB"] + ICEORYX_FRAMES.format(200), before="send(200)",
                 cleanup=ICEORYX_FRAMES_END, least=3.0)), slow=True),
        php("write and read a frame of 64 KiB, nothing copied", "frames",
            Case("shoal", "$channel->write($nothing); $channel->read()", PHP_SEGMENT.format(size="64M") +
                 "$channel = $segment->channel('channel', [65536], 'uint8', 4); $nothing = function ($frame) {};", cleanup=PHP_UNLINK)),
    )


def contests() -> tuple[Contest, ...]:
    return queues() + jobs() + frames()
