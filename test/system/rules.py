"""When a fault is to be played: the same requests in the same order meet the same faults."""

import random
import re


class Rule:
    """Hits a request of this operation ("*": of any) with this probability, after `skip` of them,
    at most `count` times. `seconds` is for those faults that take time. With `by`, a regular
    expression, each text that it finds in bodies has random numbers of its own, so that it does not
    matter what else goes on at the same time; bodies without such a text are left alone."""

    def __init__(self, fault, operation="*", probability=1.0, seed=0, skip=0, count=None,
                 seconds=0.1, by=None):
        self.fault = fault
        self.operation = operation
        self.probability = probability
        self.seed = seed
        self.random = random.Random(seed)
        self.by = by and re.compile(by.encode())
        self.lanes = {}
        self.skip = skip
        self.count = count
        self.seconds = seconds

    def chance(self, body):
        """From 0 to 1; what is less than the probability hits."""
        if not self.by:
            return self.random.random()
        found = self.by.search(body)
        if not found:
            return 1
        lane = found[0].decode()
        if lane not in self.lanes:
            self.lanes[lane] = random.Random(f"{self.seed} {lane}")
        return self.lanes[lane].random()

    def hits(self, operation, body=b""):
        if self.operation not in ("*", operation) or self.count == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.chance(body) >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True
