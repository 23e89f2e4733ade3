"""What a program sees of sheets, in whatever way it asks."""

import pytest

from sync.errors import NotFound
from sync.http.paper.sheets import sheet_in


@pytest.mark.parametrize("ident", ["", "0", "zz", "00" * 16])
def test_what_names_no_sheet_is_not_found(lab, ident):
    with pytest.raises(NotFound):
        sheet_in(lab.writer, ident)
