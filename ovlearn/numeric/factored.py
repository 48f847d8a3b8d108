"""A matrix kept as the product of two thinner ones, which is what a head's circuits are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from numbers import Real
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ovlearn.arguments import complaint, described
from ovlearn.numeric.arrays import Array, any_array, real_array
from ovlearn.numeric.indexing import part_of_factors


@dataclass(frozen=True, eq=False)
class FactoredMatrix:
    """The matrix A @ B, never formed unless `.AB` asks for it.

    A [..., left, inner] and B [..., inner, right]: finite and real, float32 or float64 (other numbers become
    float64, complex ones are refused). Leading axes broadcast. The factors are not copied.

    `F @ other` and `other @ F` take a matrix or another FactoredMatrix and return a FactoredMatrix whose
    inner size is the smallest that the chain of factors has; with a vector they return a vector.

    `F[i, j]` takes what numpy's indexing would take of A @ B, kept in factors as long as it has two axes left
    to be a matrix; `len(F)` is the size of the first axis. `2 * F`, `F / 2` and `-F` scale the first factor.
    `np.asarray(F)` is `F.AB`.

    Raises TypeError for numbers that are not real, ValueError for shapes that do not fit, NaN or infinity.

    >>> F = FactoredMatrix(np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]]))
    >>> F.AB.tolist(), float(F.trace())
    ([[3.0, 4.0], [6.0, 8.0]], 11.0)
    >>> (F @ np.ones((2, 5))).shape
    (2, 5)
    >>> F[0].tolist(), (2 * F)[:, [1]], np.asarray(-F).tolist()
    ([3.0, 4.0], FactoredMatrix(shape=(2, 1), inner=1), [[-3.0, -4.0], [-6.0, -8.0]])

    Source: Elhage et al. (2021), on low-rank matrices; the article, 'Motivation', W_OV = W_V W_O.
    """

    A: Array
    B: Array
    __array_ufunc__ = None  # so that ndarray @ F is left to __rmatmul__

    def __post_init__(self) -> None:
        """Check that the factors are real and fit."""
        for name in ("A", "B"):
            factor = real_array(name, getattr(self, name))
            if factor.ndim < 2:
                raise ValueError(complaint(name, "at least two axes", f"shape {factor.shape}"))
            object.__setattr__(self, name, factor)
        _check_fit("B", self.B.shape, -2, self.A.shape[-1], self.A.shape[:-2])

    @property
    def AB(self) -> Array:
        """The dense matrix [..., left, right]."""
        return self.A @ self.B

    @property
    def T(self) -> FactoredMatrix:
        """The transpose of the last two axes, Bᵀ @ Aᵀ."""
        return FactoredMatrix(_transposed(self.B), _transposed(self.A))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of A @ B."""
        leading = np.broadcast_shapes(self.A.shape[:-2], self.B.shape[:-2])
        return (*leading, self.A.shape[-2], self.B.shape[-1])

    @property
    def ndim(self) -> int:
        """The number of axes of A @ B."""
        return len(self.shape)

    def __len__(self) -> int:
        """Return the size of the first axis of A @ B."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Return a part: factored, or a vector or number where a row or a column is named.

        Raises IndexError for what is out of range or no index of numpy's kind.
        """
        A, B, axes = part_of_factors(self.A, self.B, self.shape, key)
        if axes == (True, True):
            return FactoredMatrix(A, B)
        product = A @ B  # an axis of size 1 stands where a row or a column is named
        return product[..., slice(None) if axes[0] else 0, slice(None) if axes[1] else 0]

    if not TYPE_CHECKING:  # numpy's stubs would say of every array @ F that it is an array

        def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
            """Return A @ B, dense, as `np.asarray` asks for; raise ValueError where it must not be a copy."""
            if copy is False:
                raise ValueError(complaint("copy", "None or True, as A @ B is computed", "False"))
            return self.AB if dtype is None else self.AB.astype(dtype, copy=False)

    def __mul__(self, other: float) -> FactoredMatrix:
        """Return A @ B times a number, in the first factor; raise TypeError for what is none."""
        return FactoredMatrix(_times(self.A, _number(other)), self.B)

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> FactoredMatrix:
        """Return A @ B over a number, in the first factor; raise ZeroDivisionError for 0."""
        number = _number(other)
        if number == 0:
            raise ZeroDivisionError(complaint("other", "a number that is not 0", described(other)))
        return FactoredMatrix(_times(self.A, 1 / number), self.B)

    def __neg__(self) -> FactoredMatrix:
        """Return −A @ B."""
        return FactoredMatrix(-self.A, self.B)

    @overload
    def __matmul__(self, other: FactoredMatrix) -> FactoredMatrix: ...
    @overload
    def __matmul__(self, other: NDArray[Any]) -> Any: ...  # a vector's product is a vector, else factored
    def __matmul__(self, other: object) -> object:
        """Return self @ other: factored, or a vector where other is one."""
        if not isinstance(other, np.ndarray | FactoredMatrix):
            return NotImplemented
        factors = _factors(other)
        axis = -1 if other.ndim == 1 else -2
        _check_fit("other", other.shape, axis, self.shape[-1], self.shape[:-2])
        if other.ndim == 1:
            return (self.A @ (self.B @ factors[0][:, None]))[..., 0]  # [..., left]
        return _chain(self.A, self.B, *factors)

    def __rmatmul__(self, other: NDArray[Any]) -> Any:
        """Return other @ self: factored, or a vector where other is one."""
        if not isinstance(other, np.ndarray):
            return NotImplemented
        factors = _factors(other)
        _check_fit("other", other.shape, -1, self.shape[-2], self.shape[:-2])
        if other.ndim == 1:
            return ((factors[0][None, :] @ self.A) @ self.B)[..., 0, :]  # [..., right]
        return _chain(*factors, self.A, self.B)

    def norm(self) -> Array:
        """Return the Frobenius norm [...] of A @ B.

        >>> float(FactoredMatrix(np.array([[3.0], [4.0]]), np.array([[1.0]])).norm())
        5.0
        """
        _, core, _ = _reduced(self)  # not the trace of a Gram matrix, which would square the rounding error
        norm: Array = np.linalg.norm(core, axis=(-2, -1))
        return norm

    def trace(self) -> Array:
        """Return the trace [...] of A @ B; raises ValueError where it is not square."""
        _check_square(self)
        trace: Array = np.einsum("...ij,...ji->...", self.A, self.B)
        return trace

    @property
    def eigenvalues(self) -> NDArray[np.complexfloating[Any]]:
        """The eigenvalues [..., min(inner, left)] of A @ B, complex and in no order.

        They are those of the smaller of B @ A and A @ B, which share all that are not zero.
        Raises ValueError where A @ B is not square.

        >>> F = FactoredMatrix(np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]]))
        >>> F.eigenvalues.real.tolist()
        [11.0]
        """
        _check_square(self)
        inner, left = self.A.shape[-1], self.A.shape[-2]
        small = self.B @ self.A if inner <= left else self.AB
        values = np.linalg.eigvals(small)
        return values.astype(np.result_type(small, np.complex64))  # numpy drops zero imaginary parts

    def svd(self) -> tuple[Array, Array, Array]:
        """Return U [..., left, k], S [..., k] and Vh [..., k, right], A @ B = U @ diag(S) @ Vh.

        k is min(inner, left, right); S falls, and Vh holds the right singular vectors as rows.

        >>> U, S, Vh = FactoredMatrix(np.array([[3.0], [4.0]]), np.array([[0.0, 2.0]])).svd()
        >>> np.round(S, 9).tolist(), np.round(U * S @ Vh, 9).tolist()
        ([10.0], [[0.0, 6.0], [0.0, 8.0]])
        """
        Q_left, core, Q_right = _reduced(self)
        U, S, Vh = np.linalg.svd(core, full_matrices=False)  # [..., p, k], [..., k], [..., k, q]
        return Q_left @ U, S, Vh @ _transposed(Q_right)

    def __repr__(self) -> str:
        """Name the shape and the inner size."""
        return f"FactoredMatrix(shape={self.shape}, inner={self.A.shape[-1]})"


def _chain(*factors: Array) -> FactoredMatrix:
    """Return the product of the factors, split at their narrowest joint.

    Each side is multiplied from the split outwards: no intermediate is wider than the split.
    """
    joints = [factor.shape[-1] for factor in factors[:-1]]
    split = 1 + joints.index(min(joints))
    left = reduce(lambda product, factor: factor @ product, reversed(factors[:split]))
    right = reduce(lambda product, factor: product @ factor, factors[split:])
    return FactoredMatrix(left, right)


def _reduced(F: FactoredMatrix) -> tuple[Array, Array, Array]:
    """Return Q [..., left, p], a core [..., p, q] and P [..., right, q], A @ B = Q @ core @ Pᵀ.

    From A = Q R and Bᵀ = P S: p and q are at most the inner size, and as Q and P have orthonormal columns,
    the core has the singular values of A @ B.
    """
    Q, R = np.linalg.qr(F.A)  # [..., left, p], [..., p, inner]
    P, S = np.linalg.qr(_transposed(F.B))  # [..., right, q], [..., q, inner]
    return Q, R @ _transposed(S), P


def _number(value: object) -> float:
    """A finite real number; raise TypeError for what is none, ValueError for NaN or infinity."""
    array = any_array("other", value) if isinstance(value, np.ndarray | np.generic) else None
    real = isinstance(value, Real) and not isinstance(value, bool) if array is None else array.ndim == 0
    if not real or (array is not None and array.dtype.kind not in "iuf"):
        raise TypeError(complaint("other", "a real number", described(value)))
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = np.inf
    if not np.isfinite(number):
        raise ValueError(complaint("other", "a finite number", described(value)))
    return number


def _times(factor: Array, number: float) -> Array:
    with np.errstate(over="ignore"):  # FactoredMatrix says what has become too large
        scaled: Array = factor * number
    return scaled


def _transposed(array: Array) -> Array:
    return array.swapaxes(-1, -2)


def _factors(other: NDArray[Any] | FactoredMatrix) -> tuple[Array, ...]:
    if isinstance(other, FactoredMatrix):
        return other.A, other.B
    array = real_array("other", other)
    if array.ndim == 0:
        raise ValueError(complaint("other", "a vector or a matrix", "shape ()"))
    return (array,)


def _check_fit(name: str, shape: tuple[int, ...], axis: int, size: int, leading: tuple[int, ...]) -> None:
    """Check that a shape has this size along the axis, and leading axes that broadcast with those given."""
    if shape[axis] != size:
        raise ValueError(complaint(name, f"size {size} along axis {axis}", f"shape {shape}"))
    try:
        np.broadcast_shapes(shape[:-2], leading)
    except ValueError:
        expected = f"leading axes that broadcast with {leading}"
        raise ValueError(complaint(name, expected, f"shape {shape}")) from None


def _check_square(F: FactoredMatrix) -> None:
    if F.shape[-2] != F.shape[-1]:
        raise ValueError(complaint("A @ B", "a square matrix", f"shape {F.shape}"))
