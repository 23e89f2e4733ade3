"""Progress on a line of a terminal, which is gone when something else is printed."""

import io

from sync.cli.progress import ProgressLine, progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_each_text_covers_the_one_before_also_when_that_was_wider():
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.show("copying 李小龙")
    line.show("checking")
    line.clear()
    assert terminal.getvalue() == "\rcopying 李小龙\rchecking      \r        \r"


def test_the_same_text_is_not_written_again_and_nothing_is_cleared_twice():
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.show("1 %")
    line.show("1 %")
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r1 %\r   \r"


def test_a_pipe_gets_nothing():
    pipe = io.StringIO()
    with progress(pipe) as tell:
        tell("copying", 1, 2)
    assert pipe.getvalue() == ""


def test_each_step_has_its_percentage_and_the_line_is_cleared_after_an_error():
    terminal = Terminal()
    try:
        with progress(terminal) as tell:
            for done in (0, 50, 199):
                tell("copying", done, 200)
            tell("empty", 0, 0)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    shown = terminal.getvalue().split("\r")
    assert [text.strip() for text in shown if text.strip()] == [
        "copying: 0 %",
        "copying: 25 %",
        "copying: 99 %",
        "empty: 100 %",
    ]
    assert terminal.getvalue().endswith("\r" + " " * len("empty: 100 %") + "\r")
