"""What follows from declared relations such as T P = P T, as far as replacing words can show it."""

from __future__ import annotations

from collections.abc import Sequence

from ovlearn.symbolic.functions import is_matrix
from ovlearn.symbolic.normal import NormalForm, Table, Word
from ovlearn.symbolic.statements import Relation

_MOST_ROUNDS = 50  # a relation such as T = P T P would go on for ever
_MOST_WORDS = 2000


class Relating:
    """Replaces, in a normal form, the word on the left of each relation by what stands on its right.

    Only equal matrices are replaced by each other, so equal results prove equality; different ones prove
    nothing. The normal form goes first, so that a product is found whatever brackets stood around it.
    """

    def __init__(self, form: NormalForm, relations: Sequence[Relation]) -> None:
        matrices = [relation for relation in relations if is_matrix(relation.lhs)]
        tables = [(form.of(relation.lhs), form.of(relation.rhs)) for relation in matrices]
        self.replaced = [
            (word, right)
            for left, right in tables
            for word, coefficient in left.items()
            if len(left) == 1 and coefficient == 1 and word and left != right
        ]

    def reduced(self, table: Table) -> Table:
        """The table with every such word replaced, again and again while there is one."""
        for _ in range(_MOST_ROUNDS if self.replaced else 0):
            after = self._once(table)
            if after == table or len(after) > _MOST_WORDS:
                return table
            table = after
        return table

    def _once(self, table: Table) -> Table:
        total: Table = {}
        for word, value in table.items():
            for other, factor in self._at_first(word).items():
                total[other] = total.get(other, 0) + value * factor
        return {word: value for word, value in total.items() if value != 0}

    def _at_first(self, word: Word) -> Table:
        for wanted, right in self.replaced:
            for place in range(len(word) - len(wanted) + 1):
                if word[place : place + len(wanted)] == wanted:
                    before, after = word[:place], word[place + len(wanted) :]
                    return {(*before, *middle, *after): value for middle, value in right.items()}
        return {word: 1}
