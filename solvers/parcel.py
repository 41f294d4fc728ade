"""Any value as one word, to be carried into a parallel loop: Numba takes numbers, arrays and flat tuples in there only.

``parcel(value)`` gives the address of a copy that lives as long as the calling function does; ``unpacked`` reads it.
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing import signature
from numba.extending import intrinsic, models, register_model


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


@intrinsic
def unpacked(typing_context, packed):
    """Return the value of a parcel."""
    content = packed.content

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], context.get_value_type(content).as_pointer())
        return impl_ret_borrowed(context, builder, content, builder.load(pointer))

    return signature(content, packed), generate
