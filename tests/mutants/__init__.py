"""Realistic mistakes in the code that is shipped, and who must catch each.

    python -m tests.mutants                # all of them, and the code as it is
    python -m tests.mutants no_full        # some of them

`catalogue` lists them; each names the text that it replaces, so that one which no longer fits fails
the run instead of passing for caught.
"""
