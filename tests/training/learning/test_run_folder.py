"""A full disk: one clear message, and the checkpoint from before stays."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from training.errors import RunError
from training.learning.run_folder import RunFolder


@dataclass(frozen=True)
class Settings:
    steps: int = 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk_leaves_the_checkpoint_from_before(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, Settings())
    run.save_checkpoint({"step": 1, "weights": torch.zeros(4)})
    (tmp_path / "checkpoint.unfinished").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"expected to write, got: .*free some disk space") as caught:
        run.save_checkpoint({"step": 2, "weights": torch.zeros(100_000)})
    assert "\n" not in str(caught.value)
    state = RunFolder(tmp_path, Settings()).load_checkpoint()
    assert state is not None
    assert state["step"] == 1
