"""Compiles generated type support with g++: five shared libraries and three Python extensions a package."""

import re
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fpgnas_ros.message_types.sources import TYPE_SUPPORTS, GeneratedSources, MessageTypeError

GENERATORS_WITH_HEADERS = ("c", "dispatch", "introspection", "fastrtps")


@dataclass(frozen=True)
class Target:
    """One shared library: its sources, and the kinds of library that it links, of every package."""

    output: Path
    sources: list[Path]
    links: tuple[str, ...]


def library_name(package: str, kind: str) -> str:
    """The file name under which rosidl's loader looks for a library."""
    return f"lib{package}__{kind}.so"


def compile_libraries(sources: GeneratedSources, output: Path, prefix: Path) -> None:
    """Fills `output`/lib with the shared libraries and `output`/python with the extensions."""
    if shutil.which("g++") is None or shutil.which("gcc") is None:
        raise MessageTypeError(
            f"g++ is needed to compile the messages of {sources.package}, none found; "
            "install it (Debian and Ubuntu: apt-get install g++ python3-dev)"
        )
    for folder in ("lib", "python"):
        (output / folder).mkdir(parents=True, exist_ok=True)
    for stage in _stages(sources, output):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda target: _link(target, sources, output, prefix), stage))


def _stages(sources: GeneratedSources, output: Path) -> list[list[Target]]:
    """Targets in the order in which they need one another; those of one stage are independent."""

    def library(kind: str, pattern: str, *links: str) -> Target:
        path = output / "lib" / library_name(sources.package, kind)
        return Target(path, sources.find(pattern), (*links, "rosidl_runtime_c", "rcutils"))

    structs = "rosidl_generator_c"
    introspection, fastrtps = "rosidl_typesupport_introspection_c", "rosidl_typesupport_fastrtps_c"
    return [
        [library(structs, "c/**/*.c", structs)],
        [
            library(introspection, "introspection/**/*.c", structs, introspection),
            library(
                fastrtps,
                "fastrtps/**/*.cpp",
                structs,
                fastrtps,
                "rosidl_typesupport_fastrtps_cpp",
                "fastcdr",
                "rmw",
            ),
            library("rosidl_typesupport_c", "dispatch/**/*.cpp", structs, "rosidl_typesupport_c"),
            library("rosidl_generator_py", "python/**/*_s.c", structs, "rosidl_generator_py"),
        ],
        [_extension(sources, output, kind) for kind in ("rosidl_typesupport_c", *TYPE_SUPPORTS)],
    ]


def _extension(sources: GeneratedSources, output: Path, kind: str) -> Target:
    package = sources.package
    links = ("rosidl_generator_py", "rosidl_generator_c", kind, "rosidl_typesupport_c", "rosidl_runtime_c")
    entry_point = sources.root / "python" / package / f"_{package}_s.ep.{kind}.c"
    return Target(output / "python" / f"{package}_s__{kind}.so", [entry_point], links)


def _link(target: Target, sources: GeneratedSources, output: Path, prefix: Path) -> None:
    is_cpp = any(path.suffix == ".cpp" for path in target.sources)
    folders = [output / "lib", prefix / "lib"]
    command = [
        *(["g++", "-std=gnu++17"] if is_cpp else ["gcc", "-std=gnu11"]),
        *("-O1", "-fPIC", "-shared", "-w"),
        *(f"-I{folder}" for folder in _include_folders(sources, prefix)),
        *map(str, target.sources),
        *(
            "-o",
            str(target.output),
            f"-Wl,-soname,{target.output.name}",
            f"-Wl,-rpath,$ORIGIN:{prefix / 'lib'}",
        ),
        *("-Wl,--as-needed", "-Wl,--allow-shlib-undefined"),
        *(f"-L{folder}" for folder in folders),
        *(f"-l:{name}" for name in _libraries(folders, target.links) if name != target.output.name),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        error = next((line for line in result.stderr.splitlines() if "error" in line), result.stderr[-300:])
        raise MessageTypeError(f"{target.output.name}: compiling failed: {error}")


def _include_folders(sources: GeneratedSources, prefix: Path) -> list[str]:
    include = prefix / "include"
    generated = [sources.root / name for name in GENERATORS_WITH_HEADERS]
    installed = [include, *(folder for folder in sorted(include.glob("*")) if folder.is_dir())]
    return [*map(str, [*generated, *installed]), sysconfig.get_path("include"), np.get_include()]


def _libraries(folders: list[Path], kinds: tuple[str, ...]) -> list[str]:
    """Each kind's own library and that of every message package: messages contain those of other packages."""
    names = {path.name for folder in folders for path in folder.glob("*.so")}
    wanted = re.compile(rf"lib(\w+__)?({'|'.join(kinds)})\.so")
    return sorted(name for name in names if wanted.fullmatch(name))
