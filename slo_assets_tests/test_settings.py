"""What the environment says: folders, URLs, the clock, and which configuration is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from upath import UPath

from slo_assets.config import ConfigError
from slo_assets.settings import Settings, clock, current_period, read_config

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "data" / "slo-config.yaml"

TINY = """\
version: 3.2.1
application: tiny
firstPeriod: 2025-03
logs:
  rules:
    - {id: done, kind: success, contains: done, pattern: 'done (?P<event>\\S+)'}
components:
  shop: {name: Shop, prefixes: [shop]}
"""


def test_without_any_variable_the_shipped_data_is_read_and_written_beside() -> None:
    assert Settings.from_environment({}) == Settings(str(ROOT / "data"), str(ROOT / "data"), "")


def test_empty_variables_count_as_absent() -> None:
    empty = {"SLO_ASSETS_DATA": "", "SLO_ASSETS_OUTPUT": "", "SLO_ASSETS_NOW": ""}

    assert Settings.from_environment(empty) == Settings.from_environment({})


def test_the_output_goes_where_the_data_is_unless_it_has_a_place_of_its_own() -> None:
    data = {"SLO_ASSETS_DATA": "/somewhere/data"}

    assert Settings.from_environment(data).output == "/somewhere/data"
    assert Settings.from_environment({**data, "SLO_ASSETS_OUTPUT": "/elsewhere"}) == Settings(
        "/somewhere/data", "/elsewhere"
    )


def test_the_clock_is_taken_as_it_is_written() -> None:
    assert Settings.from_environment({"SLO_ASSETS_NOW": "2025-11-24T12:00:00Z"}).now == "2025-11-24T12:00:00Z"


def test_the_address_of_the_source_has_no_slash_at_its_end() -> None:
    address = {"SLO_ASSETS_SOURCE": "https://forge.example/slo_assets/blob/main/"}

    assert Settings.from_environment(address).source == "https://forge.example/slo_assets/blob/main"


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_ASSETS_DATA", "/my/data")
    monkeypatch.setenv("SLO_ASSETS_OUTPUT", "memory://out")
    monkeypatch.setenv("SLO_ASSETS_NOW", "2025-01-01T00:00:00Z")

    assert Settings.from_environment() == Settings("/my/data", "memory://out", "2025-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("data", "here/data"), ("./data", "here/data"), (".", "here"), ("../data", "data"), ("a/../b", "here/b")],
)
def test_a_relative_path_is_made_absolute_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    settings = Settings.from_environment({"SLO_ASSETS_DATA": written, "SLO_ASSETS_OUTPUT": written})

    assert (settings.data, settings.output) == (str(tmp_path / meant), str(tmp_path / meant))


@pytest.mark.parametrize(
    "url", ["s3://bucket/slo", "gs://bucket", "memory://x/../y", "file:///srv/slo", "az://container/a//b"]
)
def test_a_url_is_kept_as_it_is(url: str) -> None:
    settings = Settings.from_environment({"SLO_ASSETS_DATA": url})

    assert (settings.data, settings.output) == (url, url)


# --- the configuration --------------------------------------------------------------------------------------


def test_the_configuration_of_the_data_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "slo-config.yaml").write_text(TINY, encoding="utf-8")

    assert (read_config(str(tmp_path)).application, read_config(str(tmp_path)).version) == ("tiny", "3.2.1")


@pytest.mark.parametrize("exists", [True, False], ids=["an empty folder", "no folder"])
def test_the_shipped_configuration_serves_a_data_folder_that_has_none(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "data"
    if exists:
        folder.mkdir()

    assert read_config(str(folder)) == read_config(str(SHIPPED.parent))
    assert read_config(str(folder)).application == "renderx-web"


def test_a_configuration_is_read_from_an_object_store() -> None:
    folder = UPath("memory://test-settings/data")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slo-config.yaml").write_text(TINY)

    assert read_config("memory://test-settings/data").application == "tiny"


def test_a_changed_configuration_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "slo-config.yaml"
    path.write_text(TINY, encoding="utf-8")
    read_config(str(tmp_path))

    path.write_text(TINY.replace("tiny", "grown"), encoding="utf-8")

    assert read_config(str(tmp_path)).application == "grown"


def test_a_mistake_in_the_configuration_names_the_file_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "slo-config.yaml").write_text(TINY.replace("2025-03", "March"), encoding="utf-8")

    with pytest.raises(ConfigError, match=r"line 3: firstPeriod is 'March'") as refused:
        read_config(str(tmp_path))

    assert str(refused.value).startswith(f"{tmp_path / 'slo-config.yaml'}, line 3")


def test_a_configuration_that_is_no_utf_8_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "slo-config.yaml").write_bytes(TINY.replace("tiny", "caf\xe9").encode("latin-1"))

    with pytest.raises(ConfigError, match=r"slo-config\.yaml cannot be read: .*utf-8.* Remedy: .*UTF-8"):
        read_config(str(tmp_path))


def test_a_configuration_that_is_a_folder_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "slo-config.yaml").mkdir()

    with pytest.raises(ConfigError, match=r"slo-config\.yaml cannot be read: .* Remedy: "):
        read_config(str(tmp_path))


# --- the clock ----------------------------------------------------------------------------------------------


def test_the_machines_clock_is_the_default() -> None:
    before = time.time_ns() // 1000
    told = clock("")
    after = time.time_ns() // 1000

    assert before <= told <= after


@pytest.mark.parametrize(
    ("now", "seconds", "month"),
    [
        ("1970-01-01T00:00:01Z", 1, "1970-01"),
        ("2025-11-24T12:00:00Z", 1_763_985_600, "2025-11"),
        ("2025-11-24T12:00:00", 1_763_985_600, "2025-11"),
        ("2025-11-24T13:00:00+01:00", 1_763_985_600, "2025-11"),
        ("2025-11-30T23:30:00-05:00", 1_764_563_400, "2025-12"),
        ("2025-12-01T00:00:00+01:00", 1_764_543_600, "2025-11"),
    ],
)
def test_a_fixed_clock_tells_the_instant_that_is_written(now: str, seconds: int, month: str) -> None:
    assert clock(now) == seconds * 1_000_000
    assert current_period(now).key == month


@pytest.mark.parametrize("now", ["today", "2025-11", "2025-13-01T00:00:00Z", "1762811808902", " ", "24.11.2025"])
def test_a_clock_that_is_no_instant_is_refused_with_its_value_and_an_example(now: str) -> None:
    for read in (clock, current_period):
        with pytest.raises(ConfigError, match=r"Remedy: write it like 2025-11-24T12:00:00Z") as refused:
            read(now)

        assert f"SLO_ASSETS_NOW is {now!r}" in str(refused.value)
