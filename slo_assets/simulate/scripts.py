"""What the components log: the lines of a sequence, of a mount and of the application's start.

What belongs here: messages and how they follow each other. How a line gives its instant is in ``dialects``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from slo_assets.simulate.components import UNMAPPED, Outcome

Line = tuple[int, str]  # the instant in milliseconds since 1970, and the message
NextOutcome = Callable[[], Outcome]

# One form gives a duration and one does not; the operation's own figure picks, so that both occur.
FAILURES = (" failed: Error: handler threw a TypeError", " failed after {ms}ms: Error: handler timed out")


@lru_cache(maxsize=256)
def _title(event: str) -> str:
    return event.replace(":", " ").replace(".", " ").title()


def _beat_start(number: int, event: str) -> str:
    return f"🎵 Beat {number} Started: {_title(event)} ({event})"


def beat_end(number: int, event: str, duration: int, failed: bool) -> str:
    """A beat that completed or failed."""
    if failed:
        return f"❌ BeatExecutor: Beat {number} ({event}){FAILURES[duration % len(FAILURES)].format(ms=duration)}"
    return f"✅ BeatExecutor: Beat {number} ({event}) completed in {duration}ms"


@dataclass(frozen=True)
class Sequence:
    """A musical sequence: one movement of beats, each of which is an operation."""

    name: str
    plugin: str
    movement: str
    events: tuple[str, ...]

    def begin(self, at: int) -> Iterator[Line]:
        """The conductor's lines, and the first beat's start."""
        name, slug = self.name, f"{self.name.lower().replace(' ', '-')}-symphony"
        yield at, f"🎼 MusicalConductor.play: preserved 1 callback(s) for correlationId=mc-{at}"
        yield at, f"🎼 PluginInterfaceFacade.play(): {self.plugin} -> {slug}"
        yield at, f'🎼 ExecutionQueue: Enqueued "{name}" with priority NORMAL (Queue size: 1)'
        yield at + 1, f'🎼 ExecutionQueue: Now executing "{name}"'
        yield at + 1, f'🎼 SequenceOrchestrator: Sequence "{name}" (id: {slug}) queued successfully'
        yield at + 2, f'🎵 MovementExecutor: Starting movement "{self.movement}" with {len(self.events)} beats'
        yield at + 2, f"⏱️ PerformanceTracker: Started timing movement {self.movement} for {name}"
        yield at + 2, _beat_start(1, self.events[0])

    def lines(self, at: int, outcome: NextOutcome) -> Iterator[Line]:
        """The whole sequence, or what there is of it up to the beat that failed."""
        yield from self.begin(at)
        now, failed = at + 2, False
        for number, event in enumerate(self.events, 1):
            if number > 1:
                yield now, _beat_start(number, event)
            duration, failed = outcome()
            yield now, f"🎯 Event: {event}"
            now += duration
            yield now, f"🎽 DataBaton: No changes | seq={self.name} beat={number} event={event} handler=?"
            yield now, f"⏱️ PerformanceTracker: Beat {number} completed in {duration}.{duration % 10}0ms"
            yield now, beat_end(number, event, duration, failed)
            if failed:
                break
        mark, verdict = ("❌", "failed after") if failed else ("✅", "completed in")
        # The real application cleans up a "failed" movement after each success as well.
        yield now + 1, f"⏱️ PerformanceTracker: Cleaned up failed movement {self.movement} for {self.name}"
        yield now + 1, f'{mark} SequenceExecutor: Sequence "{self.name}" {verdict} {now + 1 - at}ms'


@dataclass(frozen=True)
class Mount:
    """The host mounts a plugin: one operation, whose duration no line gives."""

    plugin: str

    def begin(self, at: int) -> Iterator[Line]:
        """The attempt."""
        yield at, f"🧠 PluginManager: Attempting to mount plugin: {self.plugin}"

    def lines(self, at: int, outcome: NextOutcome) -> Iterator[Line]:
        """The attempt and how it ended."""
        yield from self.begin(at)
        duration, failed = outcome()
        now = at + duration
        if failed:
            yield now, f"❌ Failed to mount plugin {self.plugin}: Error: module could not be evaluated"
            yield now, f"💥 PluginManager: Host runs without {self.plugin}"
        else:
            yield now, f"✅ Plugin mounted successfully: {self.plugin}"
            yield now, f"🎼 PluginManager: Registered the sequences of {self.plugin}"


Script = Sequence | Mount

# What each component does. The last one of each is a single operation: the one that incidents strike.
SCRIPTS: dict[str, tuple[Script, ...]] = {
    "canvas-component": (
        Sequence("Canvas Component Create", "CanvasComponentPlugin", "Create", (
            "canvas:component:resolve-template", "canvas:component:register-instance", "canvas:component:create",
            "canvas:component:render-react", "canvas:component:notify-ui")),
        Sequence("Canvas Component Resize Move", "CanvasComponentResizeMovePlugin", "Resize", (
            "canvas:component:resize:move",)),
    ),
    "control-panel": (
        Sequence("Control Panel UI Render", "ControlPanelPlugin", "Render", (
            "control:panel:ui:fields:generate", "control:panel:ui:sections:generate", "control:panel:ui:render")),
        Sequence("Control Panel Update", "ControlPanelPlugin", "Update", ("control:panel:update:notify",)),
    ),
    "library-component": (
        Sequence("Library Load", "LibraryPlugin", "Load", ("library:components:load", "library:components:notify-ui")),
        Sequence("Library Component Drop", "LibraryComponentPlugin", "Drop", ("library:component:drop",)),
        Sequence("Library Component Drag", "LibraryComponentPlugin", "Drag", (
            "library.component.drag.start.requested",)),
    ),
    "theme": (
        Sequence("Theme Apply", "HeaderThemePlugin", "Apply", ("theme:css:resolve", "theme:css:apply")),
        Sequence("Header UI Theme Toggle", "HeaderThemePlugin", "Toggle Theme", ("app:ui:theme:toggle",)),
    ),
    "host-sdk": tuple(map(Mount, (
        "LibraryPlugin", "HeaderThemePlugin", "CanvasComponentPlugin", "ControlPanelPlugin",
        "LibraryComponentPlugin"))),
    UNMAPPED: (Sequence("Analytics Page View", "AnalyticsPlugin", "Track", ("analytics:page:view",)),),
}  # fmt: skip
OPENING = (
    "🎼 EventBus: Using internal conductor (legacy mode)",
    "Fetch status Object",
    "🎼 Initializing RenderX Evolution Communication System...",
    '📡 EventBus: Subscribed to "movement-failed" (1 total subscribers)',
    "🎼 Sequence registration complete: 0 registered, 0 failed",
    "⚠️ PluginManager: Manifest without integrity hashes",
)
