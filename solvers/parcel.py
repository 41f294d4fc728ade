"""Any value as one word, to be carried into a parallel loop: Numba takes numbers, arrays and flat tuples in there only.

``parcel(value)`` gives the address of a copy that lives as long as the calling function does; ``unpacked`` reads it.
A function that takes a parcel takes little time to compile, and to call, whatever there is in it. Where compilation is
switched off, a parcel is what is in it.

References to arrays that come out of it are not counted, nor those of ``unowned(value)``, which lives as long. Numba
counts by atomic additions, in every function that an array is passed to, and threads that count the references to the
same array wait for each other.
"""

from typing import Any

from numba import config, types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic, models, overload, register_model

from solvers.jit import LEAN


class ParcelType(types.Type):  # type: ignore[misc]
    """The Numba type of an address at which a value of type `content` stands."""

    def __init__(self, content: Any) -> None:
        self.content = content
        super().__init__(f"parcel({content})")


@register_model(ParcelType)
class _ParcelModel(models.PrimitiveModel):  # type: ignore[misc]
    """A word: the address."""

    def __init__(self, manager: Any, kind: ParcelType) -> None:
        super().__init__(manager, kind, cgutils.intp_t)


@intrinsic
def parcel(typing_context, value):
    """Return the address of a copy of `value`; what it refers to has to live on in the calling function."""

    def generate(context, builder, signature, arguments):
        slot = cgutils.alloca_once_value(builder, arguments[0])
        return builder.ptrtoint(slot, cgutils.intp_t)

    return signature(ParcelType(value), value), generate


def unowned(value):
    """Return the value, references to whose arrays are not counted."""
    return value


@overload(unowned, jit_options=LEAN)
def _unowned(value):
    return lambda value: _without_owners(value)


@intrinsic
def _without_owners(typing_context, value):
    def generate(context, builder, signature, arguments):
        return without_owners(context, builder, value, arguments[0])

    return signature(value, value), generate


def without_owners(context, builder, kind, value):
    """Return the value with all arrays in it as if they had no owner."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo, array.parent = (cgutils.get_null_value(each.type) for each in (array.meminfo, array.parent))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for place, part in enumerate(kind):
            inner = without_owners(context, builder, part, builder.extract_value(value, place))
            value = builder.insert_value(value, inner, place)
    return value


@intrinsic
def unpacked(typing_context, packed):
    """Return the value of a parcel, as long as the function that made it runs."""
    content = packed.content

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], context.get_value_type(content).as_pointer())
        return without_owners(context, builder, content, builder.load(pointer))

    return signature(content, packed), generate


if config.DISABLE_JIT:
    parcel = unpacked = unowned
