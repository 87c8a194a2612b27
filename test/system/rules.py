"""When a fault is to be played: the same requests in the same order meet the same faults."""

import random


class Rule:
    """Hits a request of this operation ("*": of any) with this probability, after `skip` of them,
    at most `count` times. `seconds` is for those faults that take time."""

    def __init__(self, fault, operation="*", probability=1.0, seed=0, skip=0, count=None,
                 seconds=0.1):
        self.fault = fault
        self.operation = operation
        self.probability = probability
        self.random = random.Random(seed)
        self.skip = skip
        self.count = count
        self.seconds = seconds

    def hits(self, operation):
        if self.operation not in ("*", operation) or self.count == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.random.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True
