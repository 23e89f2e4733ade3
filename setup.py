"""Puts the pages and the files for services into the wheel, which pyproject.toml cannot say.

They lie outside the packages, and a computer without internet has nothing but the wheel. They go to
``sync/share``, where `sync.cli.docs` looks for them; an editable installation has them in the
source tree.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHARED = ("docs/*.md", "docs/decisions/*.md", "deploy/*")


class BuildWithPages(build_py):
    """Copies the shared files beside the modules."""

    def run(self) -> None:
        """Build the packages, then copy."""
        super().run()
        if not self.editable_mode:
            for source, copy in self._shared().items():
                self.mkpath(str(Path(copy).parent))
                self.copy_file(source, copy, preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """All files that are built."""
        return [*super().get_outputs(include_bytecode), *self._shared().values()]

    def get_source_files(self) -> list[str]:
        """All files that are built from."""
        return [*super().get_source_files(), *self._shared()]

    def _shared(self) -> dict[str, str]:
        """Source -> copy."""
        share = Path(self.build_lib, "sync", "share")
        found = [path for pattern in SHARED for path in sorted(Path().glob(pattern))]
        if not found:
            raise SystemExit("setup.py: docs/ and deploy/ are missing beside it")
        return {path.as_posix(): str(share / path) for path in found}


setup(cmdclass={"build_py": BuildWithPages})
