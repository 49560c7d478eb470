"""What a person reads: the self-contained HTML report and the table for the terminal."""

from viddiff.report.viddiff.page import render, write_report
from viddiff.report.viddiff.terminal_comparison import comparison_summary, comparison_table

__all__ = ["comparison_summary", "comparison_table", "render", "write_report"]
