"""How a log line is written: the dialects of the real logs.

What belongs here: one function for each dialect, from an instant and a message to a line with its end.
"""

from __future__ import annotations

from collections.abc import Callable

from slo_assets.simulate.instants import HOUR_MS, iso

Dialect = Callable[[int, str], str]

SERILOG_LEVELS = {"🧠": "DBG", "⚠️": "WRN", "❌": "ERR", "💥": "FTL"}
# Whole months are near enough: the offset stands in each line.
DAYLIGHT_SAVING_MONTHS = ("04", "05", "06", "07", "08", "09", "10")
STAMPED = ("🎵", "✅", "❌", "🧠")


def _stamped(form: str) -> Dialect:
    """A dialect from its form: the instant is argument 0, the message 1."""
    return lambda at, text: form.format(iso(at), text)


CONSOLE = _stamped("EventBus.ts:56 {} {}\n")
CONSOLE_WITHOUT_SOURCE = _stamped(" {} {}\n")
CYPRESS_LOG = _stamped("[{0}] LOG {0} {1}\n")
CYPRESS_TWICE = _stamped("[{0}] {0} {1}\n")
CYPRESS_ONCE = _stamped("[{}] {}\n")
PLAIN = _stamped("{} {}\r\n")


def console_mixed(at: int, text: str) -> str:
    """Lines about operations have their instant, the others do not."""
    if text.startswith(STAMPED):
        return CONSOLE(at, text)
    return f"EventBus.ts:329 {text}\n" if text.startswith("🎼") else f" {text}\n"


def serilog(at: int, text: str) -> str:
    """Local time with its offset, a level instead of the mark, and a source context."""
    hours = -4 if iso(at)[5:7] in DAYLIGHT_SAVING_MONTHS else -5
    local = iso(at + hours * HOUR_MS)[:-1].replace("T", " ")
    mark, message = text.split(" ", 1)
    return f"[{local} {hours:+03d}:00] [{SERILOG_LEVELS.get(mark, 'INF')}] RenderX.HostSdk.Runtime: {message}\n"
