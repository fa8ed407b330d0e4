"""Compiles the machine code once, right after installation, so that the first run does not wait for it."""

import numpy as np

from slo_assets.config import Logs
from slo_assets.logs.pairing import pair
from slo_assets.logs.pieces import PieceReader

logs = Logs.model_validate({"profile": "renderx"})
PieceReader(logs, logs.reading("any.log")).read([memoryview(b"2025-01-01T00:00:00Z BeatExecutor: Beat 1 (a) failed\n")])
pair(np.zeros(1, np.int64), np.zeros(1, np.int8))
