"""Scores of performances: data in a neutral form, parts without a performer in two of them, metrics, baselines."""
