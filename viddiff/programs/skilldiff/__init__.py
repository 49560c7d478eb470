"""SkillDiff: a query aligned with experts, scored, with what each part of the movement cost; torch, and no LM."""
