"""A compiled objective as a value: a pointer to its machine code, typed by its signature.

A compiled loop that took the objective itself would be compiled anew for each objective, and never be found on disk
again. Taking a pointer, it is compiled once for each kind of data. Numba's own function type does the same, and is the
base of this one; but it looks the address up again at each call from Python, which costs as much as solving a problem
of two variables. Here the address is looked up once.
"""

from typing import Any

from numba import typeof, types
from numba.core import cgutils
from numba.experimental.function_type import FunctionModel
from numba.extending import NativeValue, register_model, typeof_impl, unbox

from solvers.jit import is_compiled


class PointerType(types.FunctionType):  # type: ignore[misc]
    """The Numba type of a `Pointer`."""


register_model(PointerType)(FunctionModel)


class Pointer:
    """A compiled function at one signature.

    Parameters
    ----------
    dispatcher
        A function that ``numba.njit`` made.
    signature : numba signature
        The signature to compile it for (it is compiled now, or loaded from its cache).

    Raises
    ------
    numba.core.errors.NumbaError
        When it does not compile for that signature, or returns something else.
    """

    def __init__(self, dispatcher: Any, signature: Any) -> None:
        result = dispatcher.get_compile_result(signature)
        self.dispatcher = dispatcher  # keeps the machine code alive
        self.type = PointerType(signature)
        self.address = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def pointer_to(function: Any, signature: Any) -> Any:
    """Return the `Pointer` to a compiled function; where compilation is switched off, the function itself."""
    return Pointer(function, signature) if is_compiled(function) else function


def entry(function: Any, args: tuple[Any, ...]) -> Any:
    """Return what calls the machine code of a function for args of these types, without looking the types up again.

    It must not be called with others. Numba's own dispatch is slow where an argument is a `Pointer`. Where compilation
    is switched off it is the function itself.
    """
    return function.compile(tuple(map(typeof, args))) if is_compiled(function) else function


@typeof_impl.register(Pointer)
def _typeof_pointer(value: Pointer, context: Any) -> PointerType:
    return value.type


@unbox(PointerType)
def _unbox_pointer(type_, value, context):
    pointer = cgutils.create_struct_proxy(type_)(context.context, context.builder)
    address = context.pyapi.object_getattr_string(value, "address")
    pointer.jit_addr = context.pyapi.long_as_voidptr(address)
    context.pyapi.decref(address)
    pointer.c_addr = pointer.jit_addr  # what Numba calls where there is no address of machine code: never
    pointer.py_addr = context.builder.ptrtoint(value, context.context.get_value_type(types.voidptr))
    return NativeValue(pointer._getvalue())
