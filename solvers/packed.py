"""A problem as a single word, so that one compiled loop minimises whatever a problem consists of.

A loop that takes a problem as it is has the types of all its args in its own type: it would be compiled anew for every
kind of data, and every part of it would carry all the arrays along. Here the problem is written to memory once, and the
loop takes its address; the functions that it calls find the rest there, and they alone are compiled for its kind.
"""

from typing import Any

import numpy as np
from numba import typeof, types
from numba.core import cgutils
from numba.extending import NativeValue, intrinsic, models, register_model, typeof_impl, unbox

from solvers.jit import POINTED_AT, compiled
from solvers.parcel import ParcelType, unpacked
from solvers.pointer import Pointer, PointerType
from solvers.problem import Problem, preconditioned

VECTOR = types.float64[::1]


class AddressType(types.Type):  # type: ignore[misc]
    """The Numba type of a `Packed`: an address that does not say what stands there."""

    def __init__(self) -> None:
        super().__init__("address")


@register_model(AddressType)
class _AddressModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: AddressType) -> None:
        super().__init__(manager, kind, cgutils.intp_t)


ADDRESS = AddressType()


class Packed:
    """A problem in memory: its address, and what has to live as long."""

    def __init__(self, problem: Problem, words: np.ndarray) -> None:
        self.problem, self.words = problem, words
        self.address = words.ctypes.data


@typeof_impl.register(Packed)
def _typeof_packed(value: Packed, context: Any) -> AddressType:
    return ADDRESS


@unbox(AddressType)
def _unbox_packed(kind, value, context):
    address = context.pyapi.object_getattr_string(value, "address")
    word = context.builder.ptrtoint(context.pyapi.long_as_voidptr(address), cgutils.intp_t)
    context.pyapi.decref(address)
    return NativeValue(word)


def _is_plain(kind: Any) -> bool:
    """Whether values of this type are numbers, arrays of numbers, pointers, or tuples of such."""
    if isinstance(kind, types.BaseTuple):
        return all(map(_is_plain, kind))
    return isinstance(kind, (types.Number, types.Boolean, types.NoneType, types.FunctionType)) or (
        isinstance(kind, types.Array) and isinstance(kind.dtype, (types.Number, types.Boolean))
    )


def _borrowed(builder: Any, kind: Any, value: Any) -> Any:
    """Return the value with arrays that own nothing: what owns them is the Python object they came from."""
    if isinstance(kind, types.Array):
        for member in range(2):  # who owns the memory, in compiled code and in Python
            nothing = value.type.elements[member](None)
            value = builder.insert_value(value, nothing, member)
    elif isinstance(kind, types.BaseTuple):
        for place, item in enumerate(kind):
            value = builder.insert_value(value, _borrowed(builder, item, builder.extract_value(value, place)), place)
    return value


@intrinsic
def _words(typing_context, value):
    """Return how many words of memory a value takes."""

    def generate(context, builder, signature, arguments):
        size = context.get_abi_sizeof(context.get_value_type(value))
        return context.get_constant(types.int64, (size + 7) // 8)

    return types.int64(value), generate


@intrinsic
def _write(typing_context, words, value):
    """Write a value to memory."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(words)(context, builder, arguments[0])
        plain = _borrowed(builder, value, arguments[1])
        builder.store(plain, builder.bitcast(array.data, plain.type.as_pointer()))
        return context.get_dummy_value()

    return types.void(words, value), generate


@compiled
def written(problem):
    """Return a problem as an array of words."""
    words = np.empty(_words(problem), np.int64)
    _write(words, problem)
    return words


@compiled(**POINTED_AT)
def _fun(x, packed):
    problem = unpacked(packed)
    return problem.fun(x, *problem.args)


@compiled(**POINTED_AT)
def _with_hessian(x, packed):
    problem = unpacked(packed)
    return problem.with_hessian(x, *problem.args)


@compiled(**POINTED_AT)
def _with_tensor(x, packed):
    problem = unpacked(packed)
    return problem.with_tensor(x, *problem.args)


@compiled(**POINTED_AT)
def _product(v, x, packed):
    problem = unpacked(packed)
    return problem.product(v, x, *problem.args)


@compiled(**POINTED_AT)
def _preconditioner(v, x, packed):
    return preconditioned(unpacked(packed), x, v)


@compiled(**POINTED_AT)
def _complex_gradient(z, packed):
    problem = unpacked(packed)
    return problem.complex_gradient(z, *problem.args)


_ADAPTERS = {
    "fun": _fun,
    "with_hessian": _with_hessian,
    "with_tensor": _with_tensor,
    "product": _product,
    "preconditioner": _preconditioner,
    "complex_gradient": _complex_gradient,
}
LEADING = {"product": 2, "preconditioner": 2}
"""Arguments of a function that come before args; of the others, one."""

OUTPUTS = {
    "fun": types.Tuple((types.float64, VECTOR)),
    "product": VECTOR,
    "preconditioner": VECTOR,
}
"""What functions return, as far as that is known before they are."""


def unaddressed(name: str) -> Pointer:
    """Return a `Pointer` that has the type of a function of a packed problem, and is not to be called."""
    pointer = Pointer.__new__(Pointer)
    pointer.type = PointerType(OUTPUTS[name](*[VECTOR] * LEADING.get(name, 1), ADDRESS))
    return pointer


_known: dict[Any, tuple[Any, dict[str, Pointer]] | None] = {}


def packed(problem: Problem) -> Problem:
    """Return the problem with one argument, a `Packed`; a problem with args of unusual kinds as it is.

    Parameters
    ----------
    problem : Problem
        Its functions are pointers.
    """
    functions = problem.functions()
    key = tuple((name, function.type) for name, function in functions.items())
    if key not in _known:
        _known[key] = _adapted(problem, functions)
    found = _known[key]
    if found is None:
        return problem
    write, pointers = found
    fields: dict[str, Any] = {"fun": None, "args": (Packed(problem, write(problem)),)} | pointers
    return Problem(**fields)


def _adapted(problem: Problem, functions: dict[str, Any]) -> tuple[Any, dict[str, Pointer]] | None:
    """Return the machine code that writes problems of this type, and pointers to the functions that read them."""
    kind = typeof(problem)
    if not _is_plain(kind):
        return None
    pointers = {}
    for name, function in functions.items():
        signature, count = function.type.signature, LEADING.get(name, 1)
        leading, result = signature.args[:count], signature.return_type
        pointer = Pointer(_ADAPTERS[name], result(*leading, ParcelType(kind)))
        pointer.type = PointerType(result(*leading, ADDRESS))
        pointers[name] = pointer
    return written.compile((kind,)), pointers
