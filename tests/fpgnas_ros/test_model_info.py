import hashlib
import json
from pathlib import Path

from fpgnas_core.bundle import load_bundle
from fpgnas_ros.model_info import model_info


def test_tells_what_the_bundle_holds(bundle: Path) -> None:
    content = json.loads(model_info(load_bundle(bundle), "CPUExecutionProvider").data)
    assert content["sha256"] == hashlib.sha256((bundle / "bundle.json").read_bytes()).hexdigest()
    assert (content["bundle"], content["execution_provider"]) == (bundle.name, "CPUExecutionProvider")
    assert (content["macs"], content["flops"], content["crop_size"]) == (1_000_000, 2_000_000, 128)
    part = content["objects"][0]
    assert (part["name"], part["box_size"], len(part["keypoints"])) == ("part", [0.10, 0.08, 0.06], 12)
