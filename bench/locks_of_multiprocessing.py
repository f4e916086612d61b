"""shoal.compat.multiprocessing beside the standard library's: python bench/locks_of_multiprocessing.py [SECONDS]"""

import multiprocessing
import sys
import time

from shoal.compat import multiprocessing as shoals


def rate(work, seconds):
    """Calls of `work` in a second, the best of five turns."""
    best = 0.0
    for _ in range(5):
        count, end = 0, time.perf_counter() + seconds / 5
        start = time.perf_counter()
        while time.perf_counter() < end:
            for _ in range(200):
                work()
            count += 200
        best = max(best, count / (time.perf_counter() - start))
    return best


def uncontended(kind):
    lock, rlock, semaphore, event, value = kind.Lock(), kind.RLock(), kind.Semaphore(2), kind.Event(), kind.Value("i", 0)
    message = b"x" * 64

    def of(taken):
        def work():
            taken.acquire()
            taken.release()

        return work

    def toggle():
        event.set()
        event.clear()

    def add():
        with value:
            value.value += 1

    def through(queue):
        def work():
            queue.put(message)
            queue.get()

        return work

    return {
        "Queue, put + get": through(kind.Queue()), "SimpleQueue, put + get": through(kind.SimpleQueue()),
        "Lock": of(lock), "RLock": of(rlock), "Semaphore": of(semaphore), "Event, set + clear": toggle, "Value += 1": add,
    }  # fmt: skip


def count(lock, value, barrier, seconds):
    barrier.wait()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        with lock:
            value.value += 1


def contended(kind, processes, seconds):
    lock, value, barrier = kind.Lock(), kind.RawValue("q", 0), kind.Barrier(processes)
    workers = [multiprocessing.Process(target=count, args=(lock, value, barrier, seconds)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return value.value / seconds


def answer(condition, turn, rounds):
    with condition:
        for number in range(rounds):
            condition.wait_for(lambda: turn.value == 2 * number + 1)
            turn.value += 1
            condition.notify()


def ping_pong(kind, rounds):
    condition, turn = kind.Condition(), kind.RawValue("i", 0)
    other = multiprocessing.Process(target=answer, args=(condition, turn, rounds))
    with condition:
        other.start()
        start = time.perf_counter()
        for number in range(rounds):
            turn.value += 1
            condition.notify()
            condition.wait_for(lambda: turn.value == 2 * number + 2)
        took = time.perf_counter() - start
    other.join()
    return rounds / took


def fill(queue, messages):
    for _ in range(messages):
        queue.put(b"x" * 64)


def hand_over(kind, producers, messages):
    queue = kind.Queue()
    others = [multiprocessing.Process(target=fill, args=(queue, messages // producers)) for _ in range(producers)]
    start = time.perf_counter()
    for other in others:
        other.start()
    for _ in range(messages // producers * producers):
        queue.get()
    took = time.perf_counter() - start
    for other in others:
        other.join()
    return messages / took


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    print(f"{'thousand a second':<32} {'standard':>9} {'shoal':>9}")
    theirs, ours = uncontended(multiprocessing), uncontended(shoals)
    rows = [(name, lambda work=theirs[name]: rate(work, seconds), lambda work=ours[name]: rate(work, seconds)) for name in ours]
    for processes in (2, 4):
        rows.append((
            f"Lock, {processes} processes at it",
            lambda n=processes: contended(multiprocessing, n, seconds), lambda n=processes: contended(shoals, n, seconds),
        ))  # fmt: skip
    rows.append(("Condition, there and back", lambda: ping_pong(multiprocessing, 2000), lambda: ping_pong(shoals, 2000)))
    for producers in (1, 4):
        rows.append((
            f"Queue, from {producers} to one",
            lambda n=producers: hand_over(multiprocessing, n, 40000), lambda n=producers: hand_over(shoals, n, 40000),
        ))  # fmt: skip
    for name, standard, shoal in rows:
        print(f"{name:<32} {standard() / 1e3:9.0f} {shoal() / 1e3:9.0f}")


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
