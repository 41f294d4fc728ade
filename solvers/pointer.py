"""A compiled objective as a value: a pointer to its machine code, typed by its signature.

A compiled loop that took the objective itself would be compiled anew for each objective, and never be found on disk
again. Taking a pointer, it is compiled once for each kind of data. Numba's own function type does the same, and is the
base of this one; but it looks the address up again at each call from Python, which costs as much as solving a problem
of two variables. Here the address is looked up once.
"""

from typing import Any

from numba import typeof, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.core.imputils import impl_ret_new_ref
from numba.experimental.function_type import FunctionModel
from numba.extending import NativeValue, intrinsic, overload, register_model, typeof_impl, unbox

from solvers.jit import LEAN, is_compiled


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


def call(function, args):
    """Return ``function(*args)``; in compiled code, with little around it where the function is a `Pointer`.

    Numba's own call of such a value comes with a second way, through Python, at each place.
    """
    return function(*args)


@intrinsic
def _at_address(typing_context, pointer, args):
    called = pointer.signature
    if tuple(called.args) != tuple(args.types):
        raise TypingError(f"a pointer to {called} is called with {args.types}")

    def generate(context, builder, signature, arguments):
        convention = context.call_conv
        kind = convention.get_function_type(called.return_type, called.args).as_pointer()
        member = cgutils.create_struct_proxy(pointer)(context, builder, value=arguments[0]).jit_addr
        values = cgutils.unpack_tuple(builder, arguments[1])
        status, result = convention.call_function(
            builder, builder.bitcast(member, kind), called.return_type, called.args, values
        )
        with cgutils.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return impl_ret_new_ref(context, builder, called.return_type, result)

    return called.return_type(pointer, args), generate


@overload(call, jit_options=LEAN)
def _compiled_call(function, args):
    if isinstance(function, PointerType):
        return lambda function, args: _at_address(function, args)
    return lambda function, args: function(*args)


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
