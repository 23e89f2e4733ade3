"""What a daemon measures of itself, for programs that watch it."""
