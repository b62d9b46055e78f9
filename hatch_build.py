"""Makes the code of the gRPC messages when the package is built or installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grpc_tools import protoc  # type: ignore[import-untyped]
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "deepaas/api/kserve/rpc"
# What protoc makes: messages, their types, and what calls and serves them.
OUTPUTS = ("python_out", "pyi_out", "grpc_python_out")


class ProtobufHook(BuildHookInterface[Any]):
    """Compiles each ``.proto`` beside itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, before anything is packed; see hatchling's build hooks.

        Args:
            version: ``standard`` or ``editable``.
            build_data: what is packed; ignored files only if they are named here.
        """
        root = Path(self.root)
        for proto in sorted((root / FOLDER).glob("*.proto")):
            name = proto.relative_to(root).as_posix()
            arguments = ["protoc", f"--proto_path={root}", *(f"--{one}={root}" for one in OUTPUTS)]
            if protoc.main([*arguments, name]):
                raise RuntimeError(f"{name} cannot be compiled")
        build_data["artifacts"].append(f"/{FOLDER}/*_pb2*")
