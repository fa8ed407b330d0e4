"""The command, as a user calls it: in a process of its own, with nothing but the environment."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slo_assets.storage.deliverables import DELIVERABLES

ROOT = Path(__file__).parents[1]
LINE = "2025-11-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "data" / "logs").mkdir(parents=True)
    (tmp_path / "data" / "logs" / "a.log").write_text(LINE, encoding="utf-8")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    return {
        **os.environ,
        "SLO_ASSETS_DATA": str(tmp_path / "data"),
        "SLO_ASSETS_OUTPUT": str(tmp_path / "out"),
        "SLO_ASSETS_NOW": "2025-11-24T12:00:00Z",
        "DAGSTER_HOME": str(tmp_path / "home"),
    }


def slo_assets(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from slo_assets.cli import main; main()", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_run_publishes_every_month_with_input_and_prints_json(environment: dict[str, str]) -> None:
    done = slo_assets(environment, "run", "--json")

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [month["period"] for month in result["months"]] == ["2025-11"]
    published = Path(environment["SLO_ASSETS_OUTPUT"]) / "published" / "2025-11"
    assert sorted(path.name for path in published.iterdir()) == sorted(d.file for d in DELIVERABLES.values())


def test_a_second_run_keeps_what_is_up_to_date_and_status_says_so(environment: dict[str, str]) -> None:
    before = slo_assets(environment, "status", "--json")
    slo_assets(environment, "run")
    again = slo_assets(environment, "run")
    after = slo_assets(environment, "status", "--json")
    shown = slo_assets(environment, "status")

    assert "[1/1] 2025-11 is up to date" in again.stderr
    assert (before.returncode, after.returncode, shown.returncode) == (1, 0, 0)
    (month,) = json.loads(before.stdout)["months"]
    assert (month["period"], month["causes"], month["release"]) == ("2025-11", ["never made"], None)
    (month,) = json.loads(after.stdout)["months"]
    assert (month["state"], month["closed"], month["asOf"]) == ("MONITORING", False, "2025-11-10T10:00:00Z")
    assert (month["upToDate"], month["causes"], month["lastRun"]["status"]) == (True, [], "SUCCESS")
    (row,) = [line.split() for line in shown.stdout.splitlines() if "2025-11" in line.split()]
    assert row[:6] == ["2025-11", "MONITORING", "open", "2025-11-10T10:00:00Z", "yes", month["release"]]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "shell", [[], ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]], ids=["alone", "in the background"]
)
def test_who_stops_a_run_is_told_how_to_go_on(
    environment: dict[str, str], asked: signal.Signals, shell: list[str]
) -> None:
    lines = "".join(LINE.replace("2025-11", f"2025-{month:02d}") for month in range(1, 12))
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").write_text(lines, encoding="utf-8")
    command = [*shell, sys.executable, "-c", "from slo_assets.cli import main; main()", "run"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "[1/11] 2025-01 published" in line:
            process.send_signal(asked)
            break
    shown, told = process.communicate()

    assert process.returncode == 1, told
    assert "Traceback" not in told
    assert "months are left. The same command goes on from there." in " ".join(shown.split())
    again = json.loads(slo_assets(environment, "run", "--json").stdout)
    assert again["remaining"] == []
    first, *_, last = again["months"]
    assert (first["upToDate"], last["upToDate"]) == (True, False)


SWALLOWING = """
import os, signal, time
from slo_assets.domain import slo_targets
from slo_assets.cli import main

document = slo_targets.document

def swallow(*arguments, **options):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
    except BaseException:
        pass
    return document(*arguments, **options)

slo_targets.document = swallow
main()
"""


def test_who_stops_a_run_is_heard_where_python_forgets_the_error_that_says_so(environment: dict[str, str]) -> None:
    lines = "".join(LINE.replace("2025-11", month) for month in ("2025-09", "2025-10", "2025-11"))
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").write_text(lines, encoding="utf-8")
    command = [sys.executable, "-c", SWALLOWING, "run", "--json"]

    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert ([month["period"] for month in result["months"]], result["remaining"]) == (
        ["2025-09"],
        ["2025-10", "2025-11"],
    )


def test_run_for_people_ends_with_a_table_and_the_place_of_the_files(environment: dict[str, str]) -> None:
    done = slo_assets(environment, "run", "--period", "2025-11")

    assert done.returncode == 0, done.stderr
    assert "[1/1] 2025-11 published" in done.stderr
    assert "canvas-component" in done.stdout
    page = f"{environment['SLO_ASSETS_OUTPUT']}/pages/2025-11.html"
    assert done.stdout.rstrip().endswith(f"Page: {page}")
    assert Path(page).stat().st_size > 0


def test_dagsters_own_command_materializes_a_month_as_well(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "--select", "*"]
    command += ["--partition", "2025-11", "-m", "slo_assets.definitions"]

    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert (Path(environment["SLO_ASSETS_OUTPUT"]) / "published" / "2025-11" / "slo-workflow-state.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--period", "2025-13"], "'2025-13' is no period"),
        (["run", "--period", "2025-11", "--from", "2025-10"], "give either --period, or --from and --to"),
        (["run", "--from", "2025-11", "--to", "2025-10"], "--to 2025-10 is before --from 2025-11"),
        (["run", "--period", "2025-12"], "2025-12 has not begun"),
        (["simulate", "--months", "0", "--lines", "5", "--seed", "1", "--out", "x"], "--months"),
        (["simulate", "--months", "1", "--lines", "5", "--seed", "1", "--out", "data"], "data/logs is not empty"),
        (["run", "--explain-rules", "nothing.log"], "there is no file nothing.log"),
        (["run", "--explain-rules", "a.log", "--period", "2025-11"], "--explain-rules computes no month"),
        (["run", "--explain-rules", "a.log", "--from", "2025-11"], "--explain-rules computes no month"),
        (["run", "--explain-rules", "a.log", "--force"], "--explain-rules computes no month"),
        (["run", "--explain-rules", "a.log", "--lines", "0"], "--lines"),
        (["run", "--lines", "5"], "--explain-rules"),
        (["fly"], "No such command"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_is_wrong(
    environment: dict[str, str], arguments: list[str], message: str
) -> None:
    done = slo_assets(environment, *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["run"], ["run", "--explain-rules", "a.log"]])
def test_a_mistake_in_the_configuration_stops_the_load_with_its_line(
    environment: dict[str, str], arguments: list[str]
) -> None:
    config = (
        (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8").replace("profile: renderx", "profile: rendrex")
    )
    path = Path(environment["SLO_ASSETS_DATA"]) / "slo-config.yaml"
    path.write_text(config, encoding="utf-8")
    line = 1 + config.splitlines().index("  profile: rendrex")

    done = slo_assets(environment, *arguments)

    assert done.returncode == 2
    assert f"{path}, line {line}: logs.profile is 'rendrex'" in done.stderr
    assert "Remedy:" in done.stderr


def test_the_rules_are_explained_line_by_line_without_computing_anything(environment: dict[str, str]) -> None:
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").write_text(LINE + "user 1 came\n", encoding="utf-8")

    done = slo_assets(environment, "run", "--explain-rules", "a.log")

    assert done.returncode == 0, done.stderr
    assert "success of canvas:component:create, canvas-component, 5 ms written" in done.stdout
    assert "user 0 came" in done.stdout
    assert not Path(environment["SLO_ASSETS_OUTPUT"]).exists()


def test_the_rules_are_explained_to_machines_as_well(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other.log").write_bytes(LINE.encode() * 3)

    done = slo_assets(environment, "run", "--explain-rules", str(tmp_path / "other.log"), "--lines", "2", "--json")

    explained = json.loads(done.stdout)
    assert (explained["file"], explained["profile"], explained["whole"]) == ("other.log", "renderx", False)
    assert [line["taken"][0]["rule"] for line in explained["lines"]] == ["beat-completed"] * 2


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_hostile_text_of_a_log_does_nothing_to_the_terminal(environment: dict[str, str], more: list[str]) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J \x9b31m [red]markup[/red] \u202eturned\r\x00"
    event = "canvas:\x1b[31m[bold]x"
    line = LINE.replace("canvas:component:create", event).rstrip("\n") + hostile
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").write_text(f"{hostile}\n{line}\n", encoding="utf-8")

    done = slo_assets(environment, "run", "--explain-rules", "a.log", *more)

    assert done.returncode == 0, done.stderr
    assert not [sign for sign in done.stdout if not sign.isprintable() and sign != "\n"]
    assert "[red]markup[/red]" in done.stdout
    assert "[bold]x" in done.stdout


def test_explaining_rules_needs_no_dagster(environment: dict[str, str]) -> None:
    program = (
        "import sys; from slo_assets.cli import cli; cli(standalone_mode=False); "
        "print([name for name in sys.modules if name == 'dagster'])"
    )
    command = [sys.executable, "-c", program, "run", "--explain-rules", "a.log"]

    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_month_whose_lines_cannot_be_read_exits_with_1_and_says_what_to_do(environment: dict[str, str]) -> None:
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").write_bytes(LINE.encode() * 7 + b"\xff\n" * 3)

    done = slo_assets(environment, "run", "--period", "2025-11")

    assert done.returncode == 1
    told = " ".join(done.stderr.split())
    assert "30 % of 10 lines cannot be read, over logs.unreadable.errorPercent 20: 3 undecodable" in told
    assert "slo-assets run --explain-rules a.log" in told


def test_a_month_that_fails_exits_with_1_and_says_why(environment: dict[str, str]) -> None:
    output = Path(environment["SLO_ASSETS_OUTPUT"])
    output.mkdir()
    (output / "published").write_text("a file where a folder should be", encoding="utf-8")

    done = slo_assets(environment, "run", "--period", "2025-11")

    assert done.returncode == 1
    assert "[1/1] 2025-11 failed: slo_workflow_state: " in done.stderr


def test_an_output_that_cannot_be_written_is_told_in_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = slo_assets(environment | {"SLO_ASSETS_OUTPUT": str(tmp_path / "file" / "below")}, "run")

    assert done.returncode == 1
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("Error: production_logs: ")]
    assert str(tmp_path / "file" / "below") in told
    assert "Traceback" not in done.stderr


def test_no_input_is_said_and_is_no_failure(environment: dict[str, str]) -> None:
    (Path(environment["SLO_ASSETS_DATA"]) / "logs" / "a.log").unlink()

    done = slo_assets(environment, "run")

    assert done.returncode == 0
    assert "No month has input in" in done.stderr


def test_verify_and_rollback_find_name_and_put_back_what_was_edited(environment: dict[str, str]) -> None:
    assert slo_assets(environment, "verify").stdout.strip() == "No month was published yet."
    assert slo_assets(environment, "run").returncode == 0
    published = Path(environment["SLO_ASSETS_OUTPUT"]) / "published" / "2025-11" / "error-budgets.json"
    good = published.read_bytes()
    whole = slo_assets(environment, "verify")
    assert (whole.returncode, whole.stdout.strip()) == (0, "2025-11 ✓")

    published.write_text("{}", encoding="utf-8")
    found = slo_assets(environment, "verify", "--no-rollback", "--json")
    assert found.returncode == 1
    (month,) = json.loads(found.stdout)["months"]
    assert [(drift["kind"], drift["asset"]) for drift in month["drifts"]] == [("file", "error_budgets")]
    assert published.read_text(encoding="utf-8") == "{}"

    back = slo_assets(environment, "rollback", "--period", "2025-11", "--reason", "edited by hand")
    assert back.returncode == 0, back.stderr
    assert published.read_bytes() == good
    trail = Path(environment["SLO_ASSETS_OUTPUT"]) / "audit" / "2025-11.jsonl"
    assert json.loads(trail.read_text(encoding="utf-8").splitlines()[-1])["reason"] == "edited by hand"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rollback", "--period", "2025-11"], 1, "2025-11 cannot be rolled back: no earlier release is kept"),
        (["rollback", "--period", "2025-11", "--to", "x"], 1, "2025-11 has no release x. Remedy: name one of: none"),
        (["rollback"], 2, "Missing option '--period'"),
        (["rollback", "--period", "November"], 2, "'November' is no period"),
        (["verify", "--period", "2025-13"], 2, "'2025-13' is no period"),
    ],
)
def test_what_cannot_be_put_back_is_told(
    environment: dict[str, str], arguments: list[str], code: int, message: str
) -> None:
    done = slo_assets(environment, *arguments)

    assert done.returncode == code
    assert message in done.stderr


def test_simulate_writes_a_data_folder(environment: dict[str, str], tmp_path: Path) -> None:
    arguments = ["--months", "1", "--lines", "2000", "--seed", "7", "--out", str(tmp_path / "made"), "--json"]
    arguments += ["--first", "2024-02"]

    done = slo_assets(environment, "simulate", *arguments)

    assert done.returncode == 0, done.stderr
    assert "\nfirstPeriod: 2024-02\n" in (tmp_path / "made" / "slo-config.yaml").read_text(encoding="utf-8")
    assert json.loads(done.stdout)["files"] == sum(1 for p in (tmp_path / "made" / "logs").rglob("*") if p.is_file())


def test_dagsters_home_is_a_folder_of_the_project_where_none_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from slo_assets import settings
    from slo_assets.cli.common import use_instance

    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    for variable in ("DAGSTER_HOME", "SLO_ASSETS_DATA", "SLO_ASSETS_OUTPUT"):
        monkeypatch.delenv(variable, raising=False)

    use_instance()

    assert os.environ["DAGSTER_HOME"] == str(tmp_path / ".dagster")
    assert (tmp_path / ".dagster" / "dagster.yaml").read_bytes() == (tmp_path / "dagster.yaml").read_bytes()
    monkeypatch.delenv("DAGSTER_HOME")


@pytest.mark.parametrize(("own", "kept"), [(None, "{}\n"), ("{a: 1}\n", "{a: 1}\n")], ids=["new", "with settings"])
def test_a_home_that_is_set_is_made_and_keeps_settings_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str | None, kept: str
) -> None:
    from slo_assets import settings
    from slo_assets.cli.common import use_instance

    (tmp_path / "dagster.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "some/home")
    if own:
        (tmp_path / "some" / "home").mkdir(parents=True)
        (tmp_path / "some" / "home" / "dagster.yaml").write_text(own, encoding="utf-8")

    assert use_instance() == tmp_path / "some" / "home"

    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "some" / "home")
    assert (tmp_path / "some" / "home" / "dagster.yaml").read_text(encoding="utf-8") == kept


def test_a_home_that_cannot_be_made_is_told_in_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = slo_assets(environment | {"DAGSTER_HOME": str(tmp_path / "file" / "home")}, "status")

    assert done.returncode == 2
    assert f"'{tmp_path / 'file' / 'home'}'. Remedy: set DAGSTER_HOME to a folder that can be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("variable", ["SLO_ASSETS_DATA", "SLO_ASSETS_OUTPUT"])
def test_records_of_another_output_have_a_home_of_their_own(variable: str, tmp_path: Path) -> None:
    from slo_assets.settings import ROOT, dagster_home

    shop, forum = (dagster_home({variable: str(tmp_path / name)}) for name in ("shop", "forum"))

    assert shop != forum
    assert {shop.parent, forum.parent} == {ROOT / ".dagster" / "outputs"}
    assert dagster_home({variable: str(tmp_path / "shop")}) == shop
    assert dagster_home({variable: str(tmp_path / "shop"), "DAGSTER_HOME": "/var/lib/slo"}) == Path("/var/lib/slo")
