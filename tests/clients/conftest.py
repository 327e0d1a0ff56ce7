"""The stage: a gateway in front of an upstream that replays, led by JSON lines (see tests/src/bin/stage.rs)."""

import json
import os
import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))


class Stage:
    """The running gateway and what stands behind it."""

    def __init__(self):
        binary = TARGET / "release" / "weighbridge-stage"
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        hello = self._read()
        self.base_url = hello["base_url"]
        self.upstream_url = hello["upstream_url"]
        self.key = hello["key"]
        self.cases = hello["cases"]

    def _read(self):
        line = self.process.stdout.readline()
        assert line, f"the stage ended with {self.process.wait()}"
        return json.loads(line)

    def _ask(self, command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self._read()

    def set(self, route, **behaviour):
        """From now on the provider `route` answers with a case, a fixture, or hangs up."""
        self._ask({"set": route, **behaviour})
        self._ask({"take": route})

    def take(self, route):
        """The requests that the provider has received since it was set."""
        return self._ask({"take": route})

    def take_one(self, route):
        """The one request that the provider has received."""
        received = self.take(route)
        assert len(received) == 1, received
        return received[0]

    def events(self):
        """All usage events, in commit order."""
        return self._ask({"events": True})

    def last_event(self):
        return self.events()[-1]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=120) == 0, "the stage found an invariant broken, see its output"


@pytest.fixture(scope="session")
def stage():
    stage = Stage()
    yield stage
    stage.close()
