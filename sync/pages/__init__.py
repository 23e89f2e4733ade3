"""What the pages of both daemons share: their files, their texts, and what they show live."""
