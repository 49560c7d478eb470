"""A comparison in the formats of others: spreadsheets, players, picture viewers, Kinovea."""

from viddiff.report.exports.write import Choice, write_exports

__all__ = ["Choice", "write_exports"]
