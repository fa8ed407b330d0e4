"""Compiles the machine code once, right after installation, so that the first run does not wait for it."""

import numpy as np

from slo_assets.config import Time
from slo_assets.logs.pairing import pair
from slo_assets.logs.timeline import timeline
from slo_assets.logs.timestamps import LineTimes

_, instants = LineTimes(Time()).read(memoryview(b"2025-01-01T00:00:00Z\n"), 1000)
timeline(instants, 1)
pair(np.zeros(1, np.int64), np.zeros(1, np.int8))
