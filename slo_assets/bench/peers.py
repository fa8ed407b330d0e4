"""What other tools do with a log: find the lines of one rule, count them, at most add up their durations.

Each function imports and prepares, and returns what is measured.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess

from slo_assets.bench.job import Job, Task

TEXT = "BeatExecutor: Beat "
PATTERN = r"BeatExecutor: Beat \d+ \([^()]+\) completed in (\d+)"
# A script takes the whole operation out of its line. Without the instant before it, the pattern would begin with
# plain text, which Python finds several times as fast, and the loop would know no time.
SCRIPT_PATTERN = r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*).*BeatExecutor: Beat \d+ \(([^()]+)\) completed in (\d+)"
#: A delimiter that no log has, so that a line is one column.
NO_DELIMITER = "\x01"

DUCKDB_QUERY = """
    SELECT count(duration), sum(duration)
    FROM (
        SELECT try_cast(regexp_extract(line, $pattern, 1) AS BIGINT) AS duration
        FROM read_csv(
            $log, delim = $delimiter, quote = '', escape = '', header = false, auto_detect = false,
            columns = {'line': 'VARCHAR'}
        )
        WHERE contains(line, $text)
    )
"""

MTAIL_PROGRAM = r"""counter beats by event
/BeatExecutor: Beat \d+ \((?P<event>[^()]+)\) completed in \d+/ {
  beats[$event]++
}
"""

#: What the profile of RenderX asks for, as far as mtail can: the instant of every line, and all rules. Pairs of start
#: and end, silences, storms and outages need a memory that it does not have.
MTAIL_RULES = r"""counter beats by event
counter milliseconds by event
counter failures by event
counter starts by event
counter mounts by outcome
gauge latest

/(?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)/ {
  strptime($date, "2006-01-02T15:04:05Z07:00")
  latest = timestamp()
}
/BeatExecutor: Beat \d+ \((?P<event>[^()]+)\) completed in (?P<duration>\d+(?:\.\d+)?)\s*ms/ {
  beats[$event]++
  milliseconds[$event] += $duration
}
/BeatExecutor: Beat \d+ \((?P<event>[^()]+)\) failed(?: (?:after|in) (?P<duration>\d+(?:\.\d+)?)\s*ms)?/ {
  failures[$event]++
}
/Beat \d+ Started: .*\((?P<event>[^()]+)\)/ {
  starts[$event]++
}
/Attempting to mount plugin: (?P<key>\S+)/ {
  mounts["begun"]++
}
/Plugin mounted successfully: (?P<key>\S+)/ {
  mounts["done"]++
}
/Failed to mount plugin:? (?P<key>\S+?)[:,]?(?:\s|$)/ {
  mounts["failed"]++
}
"""


def duckdb(job: Job) -> Task:
    """One column, one literal, one expression; on all cores."""
    import duckdb as library

    values = {"log": str(job.log), "delimiter": NO_DELIMITER, "pattern": PATTERN, "text": TEXT}

    def task() -> int:
        row = library.execute(DUCKDB_QUERY, values).fetchone()
        return int(row[0]) if row else 0

    return task


def polars(job: Job) -> Task:
    """The same as a lazy query; on all cores."""
    import polars as pl

    def task() -> int:
        lines = pl.scan_csv(
            job.log, separator=NO_DELIMITER, has_header=False, quote_char=None, schema={"line": pl.String}
        )
        line, duration = pl.col("line"), pl.col("duration")
        durations = lines.filter(line.str.contains(TEXT, literal=True)).select(
            line.str.extract(PATTERN, 1).cast(pl.Int64).alias("duration")
        )
        found = durations.select(duration.count().alias("count"), duration.sum().alias("sum"))
        return int(found.collect(engine="streaming")["count"][0])

    return task


def ripgrep(job: Job) -> Task:
    """Counts the lines; says nothing else about them."""
    command = [_program("rg"), "--no-config", "--text", "--count", "--", PATTERN, str(job.log)]

    def task() -> int:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 1}:  # 1 is "no line"
            raise RuntimeError(done.stderr)
        return int(done.stdout or 0)

    return task


def mtail(job: Job) -> Task:
    """A counter of completed beats by event."""
    return _mtail(job, MTAIL_PROGRAM)


def mtail_rules(job: Job) -> Task:
    """The instant of every line and all rules of the profile, which is what we do as far as mtail can."""
    return _mtail(job, MTAIL_RULES)


def _mtail(job: Job, text: str) -> Task:
    """A program in one go over the log and then the end, which mtail does not do otherwise."""
    program = job.scratch / "beats.mtail"
    program.write_text(text, encoding="utf-8")
    command = [_program("mtail"), "--one_shot", "--one_shot_format", "json", "--logtostderr=false"]
    command += ["--log_dir", str(job.scratch), "--progs", str(program), "--logs", str(job.log)]

    def task() -> int:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        (beats,) = json.loads(done.stdout)["beats"]
        return sum(value["Value"]["Value"] for value in beats.get("LabelValues", ()))

    return task


def python_loop(job: Job) -> Task:
    """What one writes first: instant, event and duration of each line by one expression."""
    search = re.compile(SCRIPT_PATTERN.encode()).search

    def task() -> int:
        with job.log.open("rb") as lines:
            return sum(search(line) is not None for line in lines)

    return task


def _program(name: str) -> str:
    return shutil.which(name) or name
