"""Put on a process's path, it lives in another time: FAULT_SHIFT seconds off, as on a host whose clock is wrong."""

import os
import time

_off = float(os.environ.get("FAULT_SHIFT", "0"))
_true, _true_ns = time.time, time.time_ns
time.time = lambda: _true() + _off
time.time_ns = lambda: _true_ns() + int(_off * 1e9)
