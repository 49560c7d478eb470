"""What a folder may hold, a class each: what the list says of it, how it is found, and its page.

A new document is a module here with a ``FolderItem`` and the function that ``@item_reader`` registers for its file.
"""

from viddiff.view.items.base import READERS, DamagedDocument, FolderItem, PageContext
from viddiff.view.items.batches import FailedPair, PersonItem
from viddiff.view.items.comparisons import ComparisonItem
from viddiff.view.items.runs import RunItem
from viddiff.view.items.steps import StepItem, StepRunItem

__all__ = [
    "READERS",
    "ComparisonItem",
    "DamagedDocument",
    "FailedPair",
    "FolderItem",
    "PageContext",
    "PersonItem",
    "RunItem",
    "StepItem",
    "StepRunItem",
]
