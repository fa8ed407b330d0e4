"""What the files of a sample look like: their names, their dialects and whose operations they hold.

What belongs here: one row for each kind of file. Those of incidents are in ``incidents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slo_assets.simulate.components import UNMAPPED
from slo_assets.simulate.dialects import (
    CONSOLE,
    CONSOLE_WITHOUT_SOURCE,
    CYPRESS_LOG,
    CYPRESS_ONCE,
    CYPRESS_TWICE,
    PLAIN,
    Dialect,
    console_mixed,
    serilog,
)
from slo_assets.simulate.instants import iso
from slo_assets.simulate.scripts import Line


@dataclass(frozen=True)
class FileKind:
    """What a file is called, how its lines look, and whose operations it holds.

    Attributes:
        name: with ``{epoch}`` (milliseconds), ``{date}`` and ``{component}`` to be filled in.
        dialect: writes one line.
        components: whose scripts it takes, each as often as it is named.
        tail: a last line without an instant.
    """

    name: str
    dialect: Dialect
    components: tuple[str, ...] = ()
    tail: str = ""

    def called(self, at: int, *, component: str = "", repeat: int = 0) -> str:
        """The name of a file that begins then; further ones of a month are numbered, as Serilog does within a day."""
        name = self.name.format(epoch=at, date=iso(at)[:10], component=component)
        return name.replace(".log", f"_{repeat:03d}.log") if repeat else name

    def texts(self, lines: Iterable[Line]) -> Iterator[str]:
        """The lines as they stand in the file."""
        for at, text in lines:
            yield self.dialect(at, text)
        if self.tail:
            yield self.tail


EVERYTHING = ("canvas-component", "control-panel", "library-component", "theme", UNMAPPED)
SESSIONS = (
    FileKind("localhost-{epoch}.log", CONSOLE, EVERYTHING),
    FileKind("web-variant-localhost-{epoch}.log", CONSOLE, EVERYTHING),
    FileKind("host-sdk-{date}.log", serilog, ("host-sdk",)),
    FileKind("manual-drop-localhost.log", console_mixed, ("library-component", "control-panel")),
    FileKind(
        "component-resize-component-resize.cy.ts-{epoch}.log",
        CYPRESS_LOG,
        ("canvas-component",),
        "[resize] initial width: 120, after: 160, delta: 40\n",
    ),
    FileKind(
        "library-drop-library-drop.cy.ts-{epoch}.log",
        CYPRESS_TWICE,
        ("library-component", "control-panel"),
        "[complete] ✅ Component drag and control panel integration verified\n",
    ),
    FileKind("theme-toggle-theme-toggle.cy.ts-{epoch}.log", CYPRESS_ONCE, ("theme",)),
    FileKind("drop-canvas-component-create-delay-localhost-{epoch}.log", console_mixed, ("canvas-component",)),
    FileKind("localhost-{epoch}.log", CONSOLE_WITHOUT_SOURCE, EVERYTHING),
    FileKind("slow-timing-between-timestamps.log", PLAIN, ("control-panel", "library-component")),
    FileKind("localhost-{epoch}.log.gz", CONSOLE, EVERYTHING),
    FileKind("startup-and-drop-create-delay-localhost-{epoch}.log.zst", CONSOLE, EVERYTHING),
)
HEARTBEAT = FileKind("heartbeat-{component}-{date}.log", PLAIN)
# Nobody in it who has data on one side of a month's end alone.
TURN = FileKind("localhost-{epoch}.log", CONSOLE, ("canvas-component", "control-panel", "library-component"))
SKEWED = FileKind("skewed-clock-localhost-{epoch}.log", CONSOLE, EVERYTHING)

# Without any instant in their lines; the undated one has none in its name either.
_CONSOLE_TEST = "[LOG] 🧪 TEST: Console capture is working\n[LOG] 🎼 Initializing new conductor instance...\n"
_DEVTOOLS = "[INFO] %cDownload the React DevTools for a better development experience: https://react.dev/link/rea\n"
STARTUPS = (_CONSOLE_TEST, _CONSOLE_TEST, _CONSOLE_TEST + _DEVTOOLS)
STARTUP_NAME = "startup-plugins-{epoch}.log"
UNDATED_NAME = "sample-telemetry.log"
COPIED = "localhost-*.log"
