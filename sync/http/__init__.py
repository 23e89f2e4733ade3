"""Operations over HTTP: declared once, checked, described."""
