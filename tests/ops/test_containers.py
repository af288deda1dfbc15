"""The images, the compose files and the Kubernetes example: what can be checked without an engine.

An engine builds and runs them; what was tried by hand and what was not stands in docs/scaling.md.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.keys import Keys
from core.messages import Lane
from core.settings import PREFIX, Settings
from snapshelf.cli import COMMANDS
from tests.paths import ROOT

DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = sorted(DOCKER.glob("compose*.yaml"))
MANIFESTS = sorted((DOCKER / "kubernetes").glob("*.yaml"))
UID = 10001
PINNED = re.compile(r"[\w./-]+:\d+\.\d+\.\d+[\w.-]*")
Json = Any


def instructions(path: Path) -> list[tuple[str, str]]:
    """(NAME, rest) of a Dockerfile, continuation lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def stages(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The stages by name, what each takes from the one it is built on included."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word, rest in instructions(path):
        if word == "FROM":
            base, _, given = rest.partition(" AS ")
            name = given or "last"
            found[name] = list(found.get(base, []))
        found[name].append((word, rest))
    return found


def images() -> list[Any]:
    """What is run: the last stage of the bots', the two targets of the worker's."""
    bots, worker = stages(DOCKER / "bots.Dockerfile"), stages(DOCKER / "worker.Dockerfile")
    return [
        pytest.param(bots["last"], id="bots"),
        pytest.param(worker["cpu"], id="worker-cpu"),
        pytest.param(worker["gpu"], id="worker-gpu"),
    ]


def last(image: list[tuple[str, str]], word: str) -> str:
    return [rest for name, rest in image if name == word][-1]


def in_context(path: str) -> bool:
    """Whether .dockerignore lets this file or folder through."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    kept = True
    for rule in rules:
        pattern = rule.lstrip("!")
        if pattern == "*" or fnmatch(path, pattern) or path.startswith(f"{pattern}/"):
            kept = rule.startswith("!")
    return kept


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_an_image_copies_exists_and_is_in_the_build_context(path: Path) -> None:
    copied = 0
    for word, rest in instructions(path):
        assert word != "ADD"
        if word == "COPY" and "--from=" not in rest:
            *sources, _ = rest.split()
            copied += len(sources)
            assert [s for s in sources if not (ROOT / s).exists() or not in_context(s)] == []
    assert copied > 5
    assert not any(in_context(secret) for secret in (".env", "docker/.env", "docker/secrets/telegram_token", "data"))


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_base_images_and_libraries_are_pinned(path: Path) -> None:
    names = set(stages(path))
    bases = [rest.split(" AS ")[0] for word, rest in instructions(path) if word == "FROM"]
    assert all(base in names or PINNED.fullmatch(base) for base in bases)
    for word, rest in instructions(path):
        for command in rest.split("&&") if word == "RUN" else ():
            if "pip" in command and " install " in command and "/wheels/" not in command:
                assert "--require-hashes" in command
                assert all(in_context(lock.lstrip("/")) for lock in re.findall(r"-r (\S+)", command))
            assert "curl" not in command
            assert "apt-get" not in command


@pytest.mark.parametrize("image", images())
def test_an_image_runs_as_nobody_in_particular_and_can_say_whether_it_is_well(image: list[tuple[str, str]]) -> None:
    assert last(image, "USER") == f"{UID}:{UID}"
    after = image[[word for word, _ in image].index("USER") :]
    assert not any(word == "RUN" for word, _ in after)
    interpreter, script, what = ast.literal_eval(last(image, "HEALTHCHECK").partition(" CMD ")[2])
    assert interpreter == "python"
    assert ("COPY", f"docker/health.py {script}") in image
    assert what == ast.literal_eval(last(image, "CMD"))[0]
    assert what in COMMANDS
    assert ast.literal_eval(last(image, "ENTRYPOINT")) == ["snapshelf"]
    assert last(image, "STOPSIGNAL") == "SIGTERM"


def test_the_bots_image_holds_no_model_and_no_numpy() -> None:
    text = (DOCKER / "bots.Dockerfile").read_text()
    assert not re.search(r"COPY (index|worker)\b|run\.txt", text)
    locked = (ROOT / "locks" / "bots.txt").read_text() + (ROOT / "locks" / "traces.txt").read_text()
    assert not re.search(r"^(numpy|onnx|onnxruntime|faiss-cpu|pillow)==", locked, re.MULTILINE)


@pytest.mark.parametrize("command", ["worker", "reindex", "search"])
def test_where_only_bots_are_installed_another_command_is_one_sentence(command: str) -> None:
    """As in the bots image: neither `index` nor what it is made of."""
    left_out = "for name in ('index', 'worker', 'numpy', 'faiss', 'onnxruntime', 'PIL'): sys.modules[name] = None"
    program = f"import sys\n{left_out}\nfrom snapshelf.cli import main\nmain()"
    arguments = [command] if command == "worker" else [command, str(ROOT / "README.md")]
    ended = subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.decode() == "snapshelf: this command needs what only a worker has installed: run it there.\n"


def settings_in(environment: dict[str, Json]) -> set[str]:
    """Names of settings, those of files included, without the prefix."""
    ours = {name.removeprefix(PREFIX) for name in environment if name.startswith(PREFIX)}
    assert len(ours) == len(environment)
    return {name.removesuffix("_FILE").lower() for name in ours}


def services() -> dict[str, Json]:
    return {
        f"{path.name}:{name}": service
        for path in COMPOSE
        for name, service in yaml.safe_load(path.read_text())["services"].items()
    }


def test_compose_has_a_durable_redis_one_of_each_and_a_shared_volume() -> None:
    told = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    redis, bots, worker = (told["services"][name] for name in ("redis", "bots", "worker"))
    assert " ".join(redis["command"]).split()[1:5] == ["--appendonly", "yes", "--appendfsync", "always"]
    assert "noeviction" in redis["command"]
    assert "data:/data" in bots["volumes"]
    assert "data:/data" in worker["volumes"]
    assert PINNED.fullmatch(redis["image"])
    assert set(told["volumes"]) == {"redis", "data"}
    assert all(port.startswith("127.0.0.1:") for port in bots["ports"]), "the world comes through a web server"
    assert not told["services"]["redis"].get("ports")
    for service in (redis, bots, worker):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] not in ("root", "0", "0:0")
        assert service["healthcheck"]["test"][0] == "CMD"
    for name, service in (("bots", bots), ("worker", worker)):
        assert service["user"] == f"{UID}:{UID}"
        assert service["healthcheck"]["test"][1:] == ["python", "/opt/health.py", name]
        assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert service["depends_on"]["redis"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", services())
def test_compose_names_settings_that_exist_and_targets_that_are_built(name: str) -> None:
    service = services()[name]
    assert settings_in(service.get("environment") or {}) <= set(Settings.model_fields)
    target = (service.get("build") or {}).get("target")
    assert target is None or target in stages(DOCKER / "worker.Dockerfile")
    assert service.get("stop_grace_period", "100s") in ("100s", "30s")


def manifests() -> list[Json]:
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]


def pods() -> list[Any]:
    """The pod of each workload, with its name."""
    found = []
    for one in manifests():
        spec = one.get("spec") or {}
        template = (spec.get("jobTemplate") or {}).get("spec", spec).get("template")
        if template:
            found.append(pytest.param(template["spec"], id=one["metadata"]["name"]))
    return found


@pytest.mark.parametrize("pod", pods())
def test_a_pod_is_restricted_reads_secrets_from_files_and_names_what_exists(pod: Json) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"]["drop"] == ["ALL"]
        assert PINNED.fullmatch(container["image"])
        assert "memory" in container["resources"]["limits"]
        environment = {one["name"]: one["value"] for one in container.get("env", ())}
        assert settings_in(environment) <= set(Settings.model_fields)
        for name in settings_in(environment):
            if "SecretStr" in str(Settings.model_fields[name].annotation):
                assert environment[f"{PREFIX}{name.upper()}_FILE"].startswith("/run/secrets/snapshelf/")
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        claimed = {"data", "spool"}  # of volumeClaimTemplates
        assert mounts <= {volume["name"] for volume in pod.get("volumes", ())} | claimed


def test_the_services_have_probes_disruption_budgets_and_time_to_drain() -> None:
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in manifests() if "metadata" in one}
    for kind, name in (("StatefulSet", "bots"), ("Deployment", "worker")):
        pod = by_name[kind, name]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
        assert pod["terminationGracePeriodSeconds"] > 90, "`up` gives them 90 s too"
        assert by_name["PodDisruptionBudget", name]["spec"]["selector"]["matchLabels"] == {"app": name}
    settings = by_name["ConfigMap", "snapshelf"]["data"]
    assert settings_in(settings) <= set(Settings.model_fields)
    assert not any("SecretStr" in str(Settings.model_fields[name].annotation) for name in settings_in(settings))
    assert set(by_name["Secret", "snapshelf"]["stringData"]) == {"redis-url", "telegram-token", "telegram-secret"}


def test_workers_are_scaled_by_the_streams_that_searches_wait_in() -> None:
    [scaled] = [one for one in manifests() if one["kind"] == "ScaledObject"]
    assert scaled["spec"]["scaleTargetRef"] == {"name": "worker"}
    triggers = scaled["spec"]["triggers"]
    assert {trigger["type"] for trigger in triggers} == {"redis-streams"}
    watched = [trigger["metadata"]["stream"] for trigger in triggers]
    assert watched == [Keys(Settings.model_fields["redis_prefix"].default).searches(lane) for lane in Lane.ALL]


def test_what_kustomize_applies_exists() -> None:
    [told] = yaml.safe_load_all((DOCKER / "kubernetes" / "kustomization.yaml").read_text())
    given = {path.name for path in MANIFESTS}
    assert set(told["resources"]) == {n for n in given if "example" not in n} - {"kustomization.yaml"}
