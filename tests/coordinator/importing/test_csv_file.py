"""CSV files that are broken, or in another encoding, are refused before anybody is taken."""

import pytest

from coordinator.errors import BadCsv

HEADER = "mrn,full_name,dob\n"


@pytest.mark.parametrize(
    "rest",
    ['1,"A,\n2,B,\n', '1,"A\n2,"B",\n', '1,A,\n2,"B" C,\n3,C,\n', f'1,"{"x" * 140_000}",\n'],
)
def test_a_quotation_mark_that_would_swallow_rows_is_found_first(look, rest):
    with pytest.raises(BadCsv, match=r"the row that begins on line [23] is broken"):
        look(HEADER + rest)


def test_another_encoding_is_named_by_line_and_column(look):
    content = (HEADER + "1,Zoë,\n2,A,\n" * 9000).encode() + "3,Björn,\n".encode("cp1252")
    with pytest.raises(BadCsv, match=r"line 18002, column 5 is not utf-8.*--encoding cp1252"):
        look(content)
    with pytest.raises(BadCsv, match="line 2, column 4 is not utf-8"):
        look((HEADER + "1,AÖ").encode("cp1252"))
    with pytest.raises(BadCsv, match="line 2, column 4 is not utf-8"):
        look((HEADER + "1,AÖ").encode()[:-1])


def test_utf_16_is_recognised(look, read):
    content = (HEADER + "1,محمد,\n").encode("utf-16")
    with pytest.raises(BadCsv, match=r"line 1, column 1 .* add --encoding utf-16"):
        look(content)
    assert read(content, encoding="utf-16")[0][1]["full_name"] == "محمد"


def test_an_encoding_that_was_named_is_used(read, look):
    content = (HEADER + "1,Björn,\n").encode("cp1252")
    assert read(content, encoding="cp1252")[0][1]["full_name"] == "Björn"
    for name in ("nonsense", "base64"):
        with pytest.raises(BadCsv, match=f"there is no encoding '{name}'"):
            look(content, encoding=name)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^"])
@pytest.mark.parametrize("line", ["sep={}\n", "SEP={}\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_line_that_names_the_delimiter_is_no_header(read, delimiter, line, mark):
    text = mark + line.format(delimiter) + f"mrn{delimiter}full_name\n1{delimiter}Ali, A; B\n"
    if delimiter in ",;":
        text = text.replace("Ali, A; B", '"Ali, A; B"')
    ((number, cells, fault),) = read(text)
    assert (number, cells, fault) == (3, {"mrn": "1", "full_name": "Ali, A; B"}, None)


@pytest.mark.parametrize("line", ["sep=\n", "sep=ab\n", "sep=a\n", "separator=;\n"])
def test_what_names_no_delimiter_is_a_header_like_others(look, line):
    with pytest.raises(BadCsv, match="its first line must name the columns"):
        look(f"{line}mrn;full_name\n1;Ali\n")
