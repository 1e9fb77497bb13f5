"""From message definitions to the C and Python sources of their type support, by ROS's rosidl generators."""

import io
import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from fpgnas_core.errors import FpgnasError

DEFINITIONS = Path(__file__).parent / "definitions"
TYPE_SUPPORTS = ["rosidl_typesupport_fastrtps_c", "rosidl_typesupport_introspection_c"]


class MessageTypeError(FpgnasError):
    """Type support of a message package can be neither found nor made."""


@dataclass(frozen=True)
class GeneratedSources:
    """Where one package's generated sources are: `root`/<generator>/<package>/..., and its type hashes."""

    package: str
    root: Path
    type_descriptions: list[Path]

    def find(self, pattern: str) -> list[Path]:
        """Files below the root that match a glob pattern."""
        return sorted(self.root.glob(pattern))


def generate_sources(package: str, root: Path, prefix: Path) -> GeneratedSources:
    """Generates everything for `package` below `root`; the packages that it uses are looked up in `prefix`.

    The type descriptions (JSON) carry each type's RIHS01 hash (REP-2011).
    """
    os.environ["AMENT_PREFIX_PATH"] = str(prefix)  # the generators look for their templates there
    idls = _translate_to_idl(package, root)
    include_paths = [str(prefix / "share")]
    descriptions = _generate_type_descriptions(package, idls, include_paths, root)
    _generate_c(package, idls, include_paths, root, descriptions)
    _generate_python(package, idls, include_paths, root)
    return GeneratedSources(package, root, [Path(d) for d in descriptions])


def _translate_to_idl(package: str, root: Path) -> list[str]:
    try:
        from rosidl_adapter.cli import TranslateMsgToIDL
    except ImportError as error:
        raise MessageTypeError(
            f"no {package} in this Python, and no generators to make it ({error}); "
            f"install the 'ros' extra, or on a ROS 2 installation its package {package}"
        ) from error
    source = DEFINITIONS / package
    messages = [f"{source}:{path.relative_to(source)}" for path in sorted(source.glob("msg/*.msg"))]
    with redirect_stdout(io.StringIO()):  # it prints each file's name
        return [str(i) for i in TranslateMsgToIDL("msg").translate(package, messages, [], root / "idl")]


def _generate_type_descriptions(package: str, idls: list[str], include_paths: list[str], root: Path) -> list[str]:
    from rosidl_generator_type_description.cli import HashTypeDescription

    generator = HashTypeDescription("hash")
    return [str(d) for d in generator.generate_type_hashes(package, idls, include_paths, root / "idl")]


def _generate_c(package: str, idls: list[str], includes: list[str], root: Path, descriptions: list[str]) -> None:
    from rosidl_generator_c.cli import GenerateC
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    # a folder each: two of them write files of the same name
    GenerateC("c").generate(package, idls, includes, root / "c" / package, type_description_files=descriptions)
    dispatch = GenerateCTypesupport("dispatch", typesupport_implementations=TYPE_SUPPORTS)
    dispatch.generate(package, idls, includes, root / "dispatch" / package)
    GenerateIntrospectionCTypesupport("i").generate(package, idls, includes, root / "introspection" / package)
    GenerateFastRTPSCTypesupport("f").generate(package, idls, includes, root / "fastrtps" / package)


def _generate_python(package: str, idls: list[str], include_paths: list[str], root: Path) -> None:
    from rosidl_generator_py.cli import GeneratePython

    implementations = ["rosidl_typesupport_c", *TYPE_SUPPORTS]
    generator = GeneratePython("py", typesupport_implementations=implementations)
    generator.generate(package, idls, include_paths, root / "python" / package)
    (root / "python" / package / "__init__.py").touch()
