"""No secret is in the repository: what looks like one in a tracked file is a made-up one of the tests, or refused."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.paths import ROOT

PATTERNS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a token of Telegram": r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b",
    "a token of Viber": r"\b[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}\b",
    "an account or key of Twilio": r"\b(?:AC|SK)[0-9a-f]{32}\b",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20}\b",
    "a token of PyPI": r"\bpypi-[A-Za-z0-9_-]{50,}\b",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a password in an address": r"\b(?:rediss?|https?)://[^\s/:@\"'{}<>$]*:[^\s/@\"'{}<>$]{3,}@",
}
MADE_UP = re.compile(
    # repeated signs, counted-up ones, words that say so: whatever a person can see is none; and the token that Viber's
    # own documentation shows
    r"44dafb7e0f40021e-|pass-word|p%2Fss|(.)\1{7}|0123456789|1234567890|abcdef|ABCDEF|deadbeef|secret|password|hunter2|user:|example|PASSWORD|token"
)
FILES_OF_STRANGERS = {".jpg", ".png", ".webp", ".onnx", ".npz", ".heic", ".bin"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def findings(text: str) -> list[str]:
    """What looks like a secret, without the secret."""
    found = []
    for what, pattern in PATTERNS.items():
        for match in re.finditer(pattern, text):
            if not MADE_UP.search(match[0]):
                found.append(f"{what} in line {text.count(chr(10), 0, match.start()) + 1}")
    return found


def test_no_tracked_file_holds_a_secret() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no repository, nothing is tracked")
    seen, wrong = 0, []
    for path in tracked():
        if path.suffix in FILES_OF_STRANGERS or not path.is_file():
            continue
        seen += 1
        wrong += [f"{path.relative_to(ROOT)}: {one}" for one in findings(path.read_text("utf-8", "replace"))]
    assert seen > 300
    assert wrong == []


def test_no_tracked_file_is_one_that_settings_and_secrets_are_kept_in() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no repository, nothing is tracked")
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert [name for name in names if re.search(r"(^|/)(\.env|secrets/|id_rsa|.*\.(pem|key|p12))(/|$)", name)] == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "73" + "81920465:AA" + "Hq9vLk2Zt_4wXn8Rb1Yc6Gd3Fs5Jm7Pe0",
        "4f8a1c2b" + "9d3e7f60-5b2c8d1e4a9f7036-c1d2e3f4a5b69788",
        "AC" + "9b1c4f7e2a5d8036b9c2e5f81a4d7063",
        "AKIA" + "QW3ERT5YUI7OPLKJ",
        "ghp_" + "Zx8Cv7Bn6Mq5We4Rt3Yu2Io1Pa9Sd8Fg7Hj6",
        "redis://default:" + "s3rv3rpw@10.0.0.5:6379/0",
    ],
)
def test_what_is_one_would_be_found(secret: str) -> None:
    assert findings(f"x = '{secret}'\n")
