"""Public data sets of scores and pairs in the forms of their authors; no row of them comes with the package."""

from viddiff.eval.skilldiff.forms import aqa7, dives, fis_v, pairs
from viddiff.eval.skilldiff.forms.registry import FORMS, ConvertedData, Form, FormOptions, convert

__all__ = ["FORMS", "ConvertedData", "Form", "FormOptions", "aqa7", "convert", "dives", "fis_v", "pairs"]
