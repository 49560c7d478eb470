"""A folder of images as a video: natural order of names, constant frame rate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from viddiff.core.errors import InputError
from viddiff.video.files import IMAGE_SUFFIXES
from viddiff.video.source import Limits, Probe


def list_images(folder: Path) -> list[Path]:
    """The images of a folder in natural order (``2.jpg`` before ``10.jpg``).

    Raises:
        InputError: the folder cannot be read or holds no images.
    """
    try:
        images = [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()]
    except OSError as error:
        raise InputError(
            f"The folder {str(folder)!r} cannot be read ({error.strerror}): check its permissions."
        ) from None
    if not images:
        raise InputError(
            f"The folder {str(folder)!r} holds no images ({', '.join(IMAGE_SUFFIXES)}): give a video file."
        )
    return sorted(images, key=_natural)


class FolderSource:
    """A folder of images, all of one size.

    Args:
        path: the folder.
        limits: of picture size and duration.
        folder_fps: images in a second.

    Raises:
        InputError: no frame rate, fewer than two images, or over a limit.
    """

    def __init__(self, path: Path, limits: Limits, folder_fps: float | None) -> None:
        self._images, self._fps = list_images(path), folder_fps or 0.0
        if not self._fps > 0:
            raise InputError(
                f"{str(path)!r} is a folder of images: give its frame rate with folder_fps (--folder-fps)."
            )
        if len(self._images) < 2:
            raise InputError(f"The folder {str(path)!r} holds a single image, in which nothing moves: give more.")
        first = next((image for image in map(_read, self._images) if image is not None), None)
        if first is None:
            raise InputError(f"No image of {str(path)!r} can be read: they are damaged; write them again.")
        self.facts = Probe(
            width=first.width,
            height=first.height,
            rotation=0,
            fps=self._fps,
            duration_s=len(self._images) / self._fps,
            codec="images",
            n_frames=len(self._images),
            n_bytes=sum(image.stat().st_size for image in self._images),
            variable_fps=False,
        )
        limits.check_picture(first.width, first.height, str(path))
        limits.check_duration(self.facts.duration_s, str(path))

    def __enter__(self) -> FolderSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) times of all images, in seconds from the first one."""
        return np.arange(len(self._images)) / self._fps

    @property
    def damaged_s(self) -> NDArray[np.float64]:
        """Nothing: an image that cannot be read is left out."""
        return np.zeros(0)

    def pictures(self, indices: NDArray[np.intp]) -> Iterator[tuple[int, ImagePicture]]:
        """Read the images at these positions; see ``Source.pictures``.

        Raises:
            InputError: an image has another size than the first.
        """
        size = (self.facts.width, self.facts.height)
        for k, index in enumerate(indices):
            image = _read(self._images[index])
            if image is None:
                continue
            if image.size != size:
                raise InputError(
                    f"{str(self._images[index])!r} has {image.width}x{image.height} pixels, the first image "
                    f"{size[0]}x{size[1]}: give images of one size."
                )
            yield k, ImagePicture(image, index / self._fps)


@dataclass(frozen=True)
class ImagePicture:
    """A picture held as a Pillow image, RGB; see ``Picture``."""

    image: Image.Image
    time_s: float

    def rgb(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) RGB."""
        return np.array(self.image.resize((width, height), Image.Resampling.BOX))

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width) luma."""
        return np.array(self.image.convert("L").resize((width, height), Image.Resampling.BOX))


def _read(path: Path) -> Image.Image | None:
    """An upright RGB image, or None where it cannot be decoded."""
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    # Digits compare as numbers; the plain name settles "1.jpg" against "01.jpg".
    parts = re.split(r"([0-9]+)", path.name.lower())
    return [(int(part) if part.isdecimal() else -1, part) for part in parts], path.name
