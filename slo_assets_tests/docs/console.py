"""The commands of a document, run in a copy of the project, and what they print held against what is shown."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slo_assets_tests.conftest import ROOT, SAMPLE_NOW
from slo_assets_tests.production import free_port

BASH = shutil.which("bash") or "bash"
#: Seconds that all commands of a document may take together.
PATIENCE = 300

#: What would not come back, or would start these tests again, and what is run in its place.
INSTEAD = {"make test": "make --dry-run test", "make lint": "make --dry-run lint"}
#: Servers: started, waited for, and stopped after their block; their usual port, and the option that sets another.
SERVERS = {"make dev": ("3000", "PORT="), "slo-assets serve": ("8080", "--port ")}

#: What differs from run to run. Nothing in the sample is later than 2025, so later instants are the machine's.
VOLATILE = [
    (re.compile(r"(?:/[\w.+-]+)+/slo_assets\b"), "<project>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{12,64}\b"), "<id>"),
    (re.compile(r"20(?:2[6-9]|[3-9]\d)-\d\d-\d\d(?:[T ][\d:.]*(?:Z|…|[+-]\d\d:\d\d)?)?"), "<instant>"),
    (re.compile(r"\b(?:\d+ min )?\d+(?:\.\d+)? s\b"), "<time>"),
    (re.compile(r"(?<=\S) {2,}(?=\S)"), "  "),
    (re.compile(r"─+"), "─"),
]

PROMPT = "$ "
#: Separates what one command printed from what the next one does.
MARK = "\x1e"
PRELUDE = f"""
exec </dev/null 2>&1
servers=()
ended() {{ printf '{MARK}%d{MARK}' "$1"; }}
stop() {{
  for server in "${{servers[@]}}"; do
    kill -TERM -- "-$server" && sleep 1
    kill -KILL -- "-$server"
    wait "$server"
  done 2>/dev/null
  servers=()
}}
trap stop EXIT
# PORT COMMAND: start it as a group of processes of its own, as job control does, and wait until it listens.
serve() {{
  set -m
  bash -c "$2" &
  set +m
  servers+=($!)
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    kill -0 $! || return
    sleep 0.2
  done
}}
"""


@dataclass(frozen=True)
class Command:
    """A command and what is shown of it.

    Attributes:
        text: as it is typed.
        shown: the lines below it.
        line: where it stands in the block, from 0.
    """

    text: str
    shown: tuple[str, ...]
    line: int = 0

    @property
    def code(self) -> int:
        """The exit code that it ends with, as its comment says."""
        said = re.search(r"#.*\bexits with (\d+)\s*$", self.text)
        return int(said[1]) if said else 0


def commands(text: str) -> Iterator[Command]:
    """The commands of a ``console`` block, each after ``$ ``; a backslash or a here-document carries on."""
    lines = text.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(PROMPT)), len(lines))
    while begin < len(lines):
        last = _last_line(lines, begin)
        after = range(last + 1, len(lines))
        end = next((number for number in after if lines[number].startswith(PROMPT)), len(lines))
        typed = "\n".join(lines[begin : last + 1]).removeprefix(PROMPT)
        yield Command(typed, tuple(lines[last + 1 : end]), begin)
        begin = end


def _last_line(lines: list[str], begin: int) -> int:
    here = re.search(r"<<-?\s*['\"]?(\w+)", lines[begin])
    if here:
        return lines.index(here[1], begin)
    while lines[begin].endswith("\\"):
        begin += 1
    return begin


def project_files() -> list[Path]:
    """What a clone of the project would hold, new files included, relative to its root."""
    asked = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def copy_project(folder: Path) -> Path:
    """A clone of the project below a folder, set up like after ``make setup``."""
    project = folder / "slo_assets"
    for file in project_files():
        target = project / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, target)
    machine_code = Path("slo_assets/logs/__pycache__")
    if (ROOT / machine_code).exists():
        shutil.copytree(ROOT / machine_code, project / machine_code)
    environment = project / ".venv"
    environment.mkdir()
    for part in Path(sys.prefix).iterdir():
        (environment / part.name).symlink_to(part)
    # make finds nothing to set up, and nothing that it could do would reach beyond these links.
    (environment / ".ready").unlink(missing_ok=True)
    (environment / ".ready").touch()
    (folder / "home").mkdir()
    return project


def run(project: Path, blocks: Iterable[Iterable[Command]]) -> list[tuple[int, str]]:
    """Run commands one after another in one shell; each one's exit code and what it printed."""
    ports = {usual: str(free_port()) for usual, _ in SERVERS.values()}
    script = PRELUDE + "".join(_scripted(block, ports) for block in blocks)
    variables = {
        "HOME": str(project.parent / "home"),
        "LANG": "C.UTF-8",
        "PATH": f"{project / '.venv' / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(project),
        "SLO_ASSETS_NOW": SAMPLE_NOW,
    }
    with subprocess.Popen(
        [BASH, "-c", script], cwd=project, env=variables, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as shell:
        try:
            printed, _ = shell.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGTERM)
            printed, _ = shell.communicate()
    for usual, port in ports.items():
        printed = printed.replace(f":{port}", f":{usual}")
    told = printed.split(MARK)
    return [(int(code), text) for text, code in zip(told[::2], told[1::2], strict=False)]


def _scripted(block: Iterable[Command], ports: Mapping[str, str]) -> str:
    return "".join(f"{_line_of(command.text, ports)}\nended $?\n" for command in block) + "stop\n"


def _line_of(text: str, ports: Mapping[str, str]) -> str:
    for usual, port in ports.items():
        text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{port}")
    for name, (usual, option) in SERVERS.items():
        if re.match(rf"(\.venv/bin/)?{name}\b", text):
            server = text.partition("#")[0]
            return f"serve {ports[usual]} {shlex.quote(f'{server} {option}{ports[usual]}')}"
    for name, other in INSTEAD.items():
        text = re.sub(rf"^{name}\b", other, text)
    return text


def differs(shown: Iterable[str], printed: str) -> bool:
    """Whether what a document shows is not what was printed; ``…`` alone stands for any lines, else for any text."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else f"{_line(line)}\n" for line in _steady(shown))
    return not re.fullmatch(pattern, "".join(f"{line}\n" for line in _steady(printed.splitlines())))


def _line(line: str) -> str:
    return re.escape(line).replace("…", ".*")


def _steady(lines: Iterable[str]) -> list[str]:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return text.splitlines()
