"""What can be broken: mutmut's operators and ours, the places where they apply, and the broken texts."""

import ast
import difflib
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

Operators = list[tuple[Any, Callable[[Any], Iterable[cst.CSTNode]]]]


@dataclass(frozen=True)
class Mutant:
    """One broken file: its path in the tree, the lines that a test must reach, the whole new text."""

    path: str
    lines: range
    kind: str  # "algebra" or "general"
    text: str

    def diff(self, root: Path) -> str:
        """Return the change, with one line around it."""
        old, new = (root / self.path).read_text().splitlines(), self.text.splitlines()
        return "\n".join(difflib.unified_diff(old, new, self.path, self.path, n=1, lineterm=""))


def drop_factor(node: cst.BinaryOperation) -> Iterator[cst.CSTNode]:
    """A @ B becomes A, B or B @ A; A * B becomes A or B; A / B becomes A."""
    if isinstance(node.operator, cst.MatrixMultiply | cst.Multiply):
        yield from (node.left, node.right)
    if isinstance(node.operator, cst.MatrixMultiply):
        yield node.with_changes(left=node.right, right=node.left)
    if isinstance(node.operator, cst.Divide):
        yield node.left


def drop_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """product(A, B) becomes product(B), product(A) or product(B, A); so does MatMul."""
    if _called(node) not in ("product", "MatMul", "matmul"):
        return
    factors = [i for i, arg in enumerate(node.args) if not arg.keyword and not arg.star]
    for i in factors if len(factors) > 1 else ():
        yield node.with_changes(args=[*node.args[:i], *node.args[i + 1 :]])
    for i, j in pairwise(factors):
        first, second = node.args[i], node.args[j]
        swapped = (first.with_changes(value=second.value), second.with_changes(value=first.value))
        yield node.with_changes(args=[*node.args[:i], *swapped, *node.args[j + 1 :]])


def drop_transpose(node: cst.Attribute | cst.Call) -> Iterator[cst.CSTNode]:
    """A.T, A.transpose(), transposed(A), swapaxes(A, …) become A."""
    if isinstance(node, cst.Attribute):
        if node.attr.value in ("T", "mT"):
            yield node.value
    elif re.search(r"(?i)transpose|swapaxes", _called(node)):
        match node.func:
            case cst.Attribute(value=matrix) if getattr(matrix, "value", "") not in ("np", "sp"):
                yield matrix
            case _:
                yield node.args[0].value


def drop_root(node: cst.Call) -> Iterator[cst.CSTNode]:
    """sqrt(x) becomes x."""
    if _called(node) == "sqrt":
        yield node.args[0].value


def swap_subscripts(node: cst.Call) -> Iterator[cst.CSTNode]:
    """In einsum, the last two letters of an operand change places."""
    if _called(node) != "einsum":
        return
    first = node.args[0].value
    for m in re.finditer(r"([a-z])([a-z])(?=,|->)", first.value):
        changed = first.value[: m.start()] + m[2] + m[1] + first.value[m.end() :]
        yield node.with_deep_changes(first, value=changed)


ALGEBRA: Operators = [
    (cst.BinaryOperation, drop_factor),
    (cst.Call, drop_argument),
    ((cst.Attribute, cst.Call), drop_transpose),
    (cst.Call, drop_root),
    (cst.Call, swap_subscripts),
]
GENERAL: Operators = [(type_, act) for type_, act in mutation_operators if act is not operator_string]


def mutants_of(root: Path, folder: str, sample: int, seed: int) -> list[Mutant]:
    """Return every mutant of the algebra in a folder of the tree, and `sample` of the others."""
    paths = sorted((root / folder).rglob("*.py"))
    found = [(path, *place) for path in paths for place in _places(path)]
    random.Random(seed).shuffle(found)
    found.sort(key=lambda place: place[2])  # algebra first; within a kind the order stays shuffled
    seen = {""} | {_essence(path.read_text()) for path in paths}
    mutants: list[Mutant] = []
    for path, module, kind, old, new, lines in found:
        if sum(mutant.kind == "general" for mutant in mutants) == sample:
            break
        text = module.deep_replace(old, _in_place_of(old, new)).code
        if (essence := _essence(text)) not in seen:
            seen.add(essence)
            mutants.append(Mutant(str(path.relative_to(root)), lines, kind, text))
    return mutants


def _places(path: Path) -> list[tuple[cst.Module, str, cst.CSTNode, cst.CSTNode, range]]:
    wrapper, finder = MetadataWrapper(cst.parse_module(path.read_text())), _Finder()
    wrapper.visit(finder)
    return [(wrapper.module, *place) for place in finder.found]


class _Finder(cst.CSTVisitor):
    """Collects (kind, node, what may stand in its place, lines)."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode, range]] = []
        self.around: list[cst.CSTNode] = []  # the statements that we are in

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _left_out(node, in_function=any(isinstance(outer, cst.FunctionDef) for outer in self.around)):
            return False
        if isinstance(node, cst.BaseStatement):
            self.around.append(node)
        for kind, operators in (("algebra", ALGEBRA), ("general", GENERAL)):
            for type_, operator in operators:
                if self.around and isinstance(node, type_):
                    self.found += [(kind, node, new, self._lines(node)) for new in operator(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self.around and self.around[-1] is original_node:
            self.around.pop()

    def _lines(self, node: cst.CSTNode) -> range:
        """From the start of the statement to the end of the node: a tracer reports one of these."""
        first = self.get_metadata(PositionProvider, self.around[-1]).start.line
        place = self.get_metadata(PositionProvider, node, None)
        return range(first, (place.end.line if place else first) + 1)


def _left_out(node: cst.CSTNode, in_function: bool) -> bool:
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Raise() | cst.Import() | cst.ImportFrom():
            return True
        case cst.SimpleString() | cst.FormattedString() | cst.ConcatenatedString():
            return True
        case cst.Arg(keyword=cst.Name("strict")) | cst.If(test=cst.Name("TYPE_CHECKING")):
            return True
        case cst.FunctionDef():
            return any(getattr(d.decorator, "value", "") == "overload" for d in node.decorators)
        case cst.Call():  # len and isinstance as in mutmut; a complaint is what a raise says
            return _called(node) in ("len", "isinstance", "complaint")
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name("__all__"))]):
            return True
        case cst.Assign(value=cst.Subscript() | cst.Call(func=cst.Name("TypeVar"))):
            return not in_function  # the name of a type
    return False


def _called(node: cst.Call) -> str:
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return name.value if isinstance(name, cst.Name) else ""


def _in_place_of(old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    """Keep brackets, and add them where the new expression would fall apart."""
    loose = isinstance(new, cst.BinaryOperation | cst.BooleanOperation | cst.Comparison | cst.IfExp)
    if getattr(new, "lpar", True) or not (loose or getattr(old, "lpar", ())):
        return new
    return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _essence(text: str) -> str:
    """Return what makes two texts the same program; empty for a text that is none."""
    try:
        return ast.dump(ast.parse(re.sub(r",\s*strict=(True|None)", "", text)))
    except SyntaxError:
        return ""
