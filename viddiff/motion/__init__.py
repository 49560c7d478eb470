"""Measuring movement without a model: pose, quantities, and a language that says what a statement measures."""
