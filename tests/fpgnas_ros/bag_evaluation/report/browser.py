"""A real browser without a window."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.patience import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
CONSOLE = re.compile(r"CONSOLE[:(].*")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0")


class Page:
    """A file opened from disk in a window of some width, without any network."""

    def __init__(self, path: Path, width: int, profile: Path) -> None:
        address = f"file://{path.resolve()}"
        offline = ("--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}")
        window = f"--window-size={width},900"
        command = [str(BROWSER), *FLAGS, *offline, window, "--virtual-time-budget=3000"]
        self._command, self._address = command, address

    def run(self, *actions: str) -> subprocess.CompletedProcess[str]:
        """The browser's output."""
        return subprocess.run(
            [*self._command, *actions, self._address], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )

    def document(self) -> str:
        """The document as the browser understood it."""
        return self.run("--dump-dom").stdout

    def console(self) -> list[str]:
        """Everything on its console."""
        return CONSOLE.findall(self.run("--dump-dom").stderr)

    def picture(self, path: Path) -> Path:
        """A screenshot of the window."""
        self.run(f"--screenshot={path}")
        return path
