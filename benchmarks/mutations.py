"""What can be changed in a source file, one small change at a time: what `mutants.py` draws from.

A change is an edit of the text, found by its syntax tree, so that comments and layout stay as they are. Texts,
annotations, docstrings and f-strings are left alone: a changed word is no changed behaviour, and in Python 3.11 the
parts of an f-string have no places of their own.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "*", ast.Pow: "*",
    ast.BitAnd: "|", ast.BitOr: "&", ast.MatMult: "*",
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One change: the text between two offsets of the source is replaced. Lines count from 1."""

    line: int
    kind: str
    start: int
    stop: int
    old: str
    new: str

    def apply(self, source: str) -> str:
        return source[: self.start] + self.new + source[self.stop :]


def mutations(source: str) -> list[Mutation]:
    """Every change that is known here, in the order of the source."""
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    encoded = source.encode()

    def offset(line: int, column: int) -> int:
        """In characters; `ast` counts columns in bytes."""
        return len(encoded[: starts[line - 1] + column].decode())

    def span(node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)

    def made(node: ast.expr | ast.stmt, kind: str, start: int, stop: int, new: str) -> Mutation:
        return Mutation(node.lineno, kind, start, stop, source[start:stop], new)

    def between(left: ast.expr, right: ast.expr, kind: str, old: str, new: str) -> Iterator[Mutation]:
        """The operator that stands between two operands, where brackets and comments leave no doubt."""
        start, stop = span(left)[1], span(right)[0]
        if source[start:stop].count(old) == 1 and "#" not in source[start:stop]:
            start += source[start:stop].index(old)
            yield made(left, kind, start, start + len(old), new)

    def changes_of(node: ast.AST, in_guard: bool) -> Iterator[Mutation]:
        match node:
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
                yield from between(left, right, "operator", SIGNS[type(operator)], OPERATORS[type(operator)])
            case ast.AugAssign(op=ast.Add() | ast.Sub(), target=target, value=value):
                old = "+=" if isinstance(node.op, ast.Add) else "-="
                yield from between(target, value, "operator", old, "-=" if old == "+=" else "+=")
            case ast.Compare(left=left, ops=operators, comparators=others):
                for one, operator, other in zip([left, *others], operators, others, strict=False):
                    kind = "bound" if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) else "comparison"
                    yield from between(one, other, kind, SIGNS[type(operator)], COMPARISONS[type(operator)])
            case ast.BoolOp(op=operator, values=[left, right]):
                old, new = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
                yield from between(left, right, "boolean", old, new)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield made(node, "not", *span(node), f"({ast.get_source_segment(source, operand)})")
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
                yield made(node, "operator", *span(node), f"({ast.get_source_segment(source, operand)})")
            case ast.Constant(value=bool() as value):
                yield made(node, "boolean", *span(node), str(not value))
            case ast.Constant(value=int() | float() as value):
                yield made(
                    node, "constant", *span(node), repr(value + 1 if isinstance(value, int) else value * 2 or 1.0)
                )
            case ast.Return(value=ast.expr() as value) if in_guard and not _is_none(value):
                yield made(node, "returned", *span(value), "None")

    changes = []
    for node, in_guard in _walk(tree, False):
        changes.extend(changes_of(node, in_guard))
    return sorted(set(changes), key=lambda mutation: (mutation.start, mutation.stop, mutation.new))


SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.MatMult: "@",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


#: Without them nothing is computed otherwise: they refuse what no caller does.
SAFETY_NETS = {"frozen", "eq", "slots", "strict", "kw_only"}


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _walk(node: ast.AST, in_guard: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node that computes something, and whether it stands right under an `if`."""
    yield node, in_guard
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_comment"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.keyword) and child.arg in SAFETY_NETS:
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Call) and ast.unparse(child.func).rpartition(".")[2] in {"warn", "TypeVar"}:
                continue
            if isinstance(child, ast.Subscript) and ast.unparse(child.value) in {"tuple", "Literal", "Annotated"}:
                continue
            yield from _walk(child, isinstance(node, ast.If) and name == "body")


def function_at(source: str, line: int) -> set[int]:
    """Where the innermost function at that line begins, as its code says it (the first decorator's line).

    Empty for what runs when the file is imported.
    """
    innermost: tuple[int, int] | None = None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.body[0].lineno <= line:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if node.end_lineno is not None and line <= node.end_lineno and (innermost is None or first > innermost[0]):
                innermost = (first, node.end_lineno)
    return set() if innermost is None else {innermost[0]}
