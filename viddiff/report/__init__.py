"""What a person reads: the self-contained HTML report and the table for the terminal."""

from viddiff.report.build import render, write_report
from viddiff.report.terminal.comparison import comparison_summary, comparison_table

__all__ = ["comparison_summary", "comparison_table", "render", "write_report"]
