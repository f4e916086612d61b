"""The examples of docs/python.md do what they say: each `expression  # -> value` is compared."""

import ast
import os
import pathlib
import re

import pytest

import shoal

pytest.importorskip("numpy")
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "python.md"
OURS = f"test-{os.getpid()}-docs-"  # so that two runs of this test do not meet


def blocks():
    text = DOCUMENT.read_text(encoding="utf-8")
    for found in re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text[: found.start(1)].count("\n"), found.group(1).replace("docs-", OURS)


class Compare(ast.NodeTransformer):
    """Turns an expression whose line ends in `# -> value` into a comparison of its repr."""

    def __init__(self, lines):
        self.lines, self.compared = lines, 0

    def visit_Expr(self, node):
        expected = re.search(r"# -> (.*)$", self.lines[node.end_lineno - 1])
        if not expected:
            return node
        self.compared += 1
        call = ast.Call(ast.Name("compare", ast.Load()), [node.value, ast.Constant(expected.group(1))], [])
        return ast.copy_location(ast.Expr(call), node)


def compare(value, expected):
    assert repr(value) == expected


def test_the_examples_do_what_they_say():
    names, compared = {"compare": compare, "__name__": "docs"}, 0
    try:
        for line, code in blocks():
            tree = ast.parse("\n" * line + code)
            transformer = Compare(["" for _ in range(line)] + code.splitlines())
            tree = ast.fix_missing_locations(transformer.visit(tree))
            exec(compile(tree, str(DOCUMENT), "exec"), names)
            compared += transformer.compared
            assert transformer.compared == code.count("# -> ")
    finally:
        for name in (OURS + "demo", OURS + "other"):
            try:
                shoal.unlink(name)
            except shoal.NotFound:
                pass
    assert compared > 40
