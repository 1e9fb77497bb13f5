"""What the node runs, for those who come later: one message on a latched topic.

std_msgs/String with JSON, because `vision_msgs/VisionInfo`, which is meant for this, has room for a method's name and
the address of a database alone: neither keypoints nor sizes nor a hash fit into it.
"""

import hashlib
import json

from std_msgs.msg import String

from fpgnas_core.bundle import DESCRIPTION, Bundle


def model_info(bundle: Bundle, execution_provider: str) -> String:
    """The bundle as JSON: objects with keypoints and sizes in metres, costs, input sizes, hash, and what runs it.

    `sha256` is that of bundle.json, which holds the hashes of all other files.
    """
    content = {
        "bundle": bundle.path.resolve().name,
        "sha256": hashlib.sha256((bundle.path / DESCRIPTION).read_bytes()).hexdigest(),
        "licence": bundle.licence,
        "execution_provider": execution_provider,
        "macs": bundle.macs,
        "flops": bundle.flops,
        "params": bundle.params,
        "first_pass_sizes": list(bundle.first_pass_sizes),
        "crop_size": bundle.crop_size,
        "stride": bundle.stride,
        "objects": [model.to_json() for model in bundle.objects],
        "acceptance": dict(bundle.acceptance),
    }
    return String(data=json.dumps(content))
