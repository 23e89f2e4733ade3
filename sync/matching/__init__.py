"""How alike two people are: names by word and sound, evidence, score, grade and reasons."""
