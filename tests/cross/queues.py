"""What a process of Python does with queues when it is told to: the words of queues.inc."""

import shoal


def text_of(number):
    return "x" * (1 if number % 100 else 20000)


class WithQueues:
    job = None

    def queue(self, name="x"):
        return self.segment.queue(name, self.segment[name].capacity, jobs=False)

    def queue_shut(self, name="x", immediate=False):
        self.queue(name).shutdown(immediate)

    def queue_produce(self, who, count, name="x"):
        queue = self.queue(name)
        for number in range(count):
            queue.put([who, number, text_of(number)])
        return count

    def queue_consume(self, name="x"):
        seen, last, count = self.segment["seen"], {}, 0
        for who, number, text in self.queue(name):
            assert last.get(who, -1) < number and text == text_of(number)
            last[who] = number
            seen[who, number] = seen[who, number] + 1
            count += 1
        return count

    def jobs(self, name="x"):
        return self.segment[name]

    def jobs_put(self, value, priority=0, delay=0, name="x"):
        self.jobs(name).put(value, priority=priority, delay=delay)
        return True

    def jobs_take(self, timeout=None, name="x"):
        try:
            self.job = self.jobs(name).take(timeout=timeout)
        except shoal.Empty:
            return None
        return self.job.value, self.job.number, self.job.attempt, self.job.priority

    def jobs_done(self):
        self.job.done()

    def jobs_retry(self, delay=0):
        self.job.retry(delay)

    def jobs_bury(self):
        self.job.bury()

    def jobs_forget(self):
        self.job = None

    def jobs_join(self, timeout=None, name="x"):
        return self.jobs(name).join(timeout)

    def jobs_dead(self, name="x"):
        facts = ["number", "attempts", "priority", "pid", "reason", "since", "put_at"]
        return [(dead.value, {fact: getattr(dead, fact) for fact in facts}) for dead in self.jobs(name).dead]

    def jobs_sizes(self, name="x"):
        queue = self.jobs(name)
        return len(queue), queue.delayed, queue.taken, len(queue.dead)

    def jobs_work(self, name="x"):
        seen, count = self.segment["seen"], 0
        try:
            while True:
                with self.jobs(name).take() as job:
                    seen[0, job.value[1]] = seen[0, job.value[1]] + 1
                    count += 1
        except shoal.ShutDown:
            return count
