"""NamedTuples that a ``@kernel`` gets as one pointer: ``@record``.

numba passes a tuple as all of its scalars, some thousand for the tables of a run and its scratch space, and compiles
them into every call. A record is unpacked once, where Python calls a kernel; what kernels hand on is its address. So
they compile in a fraction of the time, and calls cost nothing.

A kernel reads the fields of a record as it reads those of a NamedTuple, but makes none, and does not return their
arrays to Python: these belong to the record, which the caller keeps for as long as the call lasts.
"""

import hashlib
from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.core.typing.typeof import typeof
from numba.extending import NativeValue, lower_getattr_generic, models, register_model, typeof_impl, unbox

Class = TypeVar("Class", bound=type)
_ADDRESS = ir.IntType(8).as_pointer()


class Record(types.Type):
    """The type of a record: its class and the types of its fields."""

    def __init__(self, kind: type, fields: tuple[tuple[str, types.Type], ...]) -> None:
        self.kind, self.fields = kind, fields
        content = hashlib.sha256(repr([(name, str(field)) for name, field in fields]).encode()).hexdigest()
        super().__init__(name=f"{kind.__name__}_{content[:12]}")

    @property
    def key(self) -> Any:
        """What makes two types the same."""
        return self.kind, self.fields

    @property
    def names(self) -> list[str]:
        """Names of the fields."""
        return [name for name, _ in self.fields]


@register_model(Record)
class _Model(models.PrimitiveModel):
    """An address."""

    def __init__(self, manager: Any, kind: Record) -> None:
        super().__init__(manager, kind, _ADDRESS)


def record(kind: Class) -> Class:
    """Let numba pass a NamedTuple class by its address."""
    names: tuple[str, ...] = getattr(kind, "_fields")  # noqa: B009, not known of a class as such

    @typeof_impl.register(kind)
    def _(value: Any, _context: Any) -> Record:
        return Record(kind, tuple((name, typeof(getattr(value, name))) for name in names))

    return kind


def _layout(context: Any, kind: Record) -> ir.LiteralStructType:
    """Return what an address points to."""
    return ir.LiteralStructType([context.data_model_manager[field].get_data_type() for _, field in kind.fields])


def _borrowed(context: Any, builder: Any, kind: types.Type, value: Any) -> Any:
    """Return an array without its reference counter: whoever has the record holds it."""
    if not isinstance(kind, types.Array):
        return value
    array = context.make_array(kind)(context, builder, value=value)
    for field in ("meminfo", "parent"):
        setattr(array, field, cgutils.get_null_value(getattr(array, field).type))
    return array._getvalue()


@unbox(Record)
def _unpack(kind: Record, record: Any, c: Any) -> NativeValue:
    """Fill a structure in the frame of the wrapper, which outlives the call."""
    layout = _layout(c.context, kind)
    place, failed = cgutils.alloca_once(c.builder, layout), cgutils.false_bit
    kept = []
    for index, (name, field) in enumerate(kind.fields):
        attribute = c.pyapi.object_getattr_string(record, name)
        native = c.unbox(field, attribute)
        c.pyapi.decref(attribute)
        value = _borrowed(c.context, c.builder, field, native.value)
        model = c.context.data_model_manager[field]
        c.builder.store(model.as_data(c.builder, value), cgutils.gep_inbounds(c.builder, place, 0, index))
        failed = c.builder.or_(failed, native.is_error)
        kept.append((field, native))

    def cleanup() -> None:
        for field, native in reversed(kept):
            if native.cleanup is not None:
                native.cleanup()
            c.context.nrt.decref(c.builder, field, native.value)

    return NativeValue(c.builder.bitcast(place, _ADDRESS), is_error=failed, cleanup=cleanup)


@infer_getattr
class _Fields(AttributeTemplate):
    key = Record

    def generic_resolve(self, kind: Any, name: Any) -> Any:  # type: ignore[override]  # which returns NotImplemented
        return dict(kind.fields).get(name)


def _load(builder: Any, kind: ir.Type, place: Any) -> Any:
    """Load a field member by member. No kernel writes to it, so that it may be read once for a loop."""
    if isinstance(kind, ir.LiteralStructType | ir.ArrayType):
        value = ir.Constant(kind, ir.Undefined)
        for index in range(len(kind)):
            member = kind.gep(ir.Constant(ir.IntType(32), index))
            value = builder.insert_value(
                value, _load(builder, member, cgutils.gep_inbounds(builder, place, 0, index)), index
            )
        return value
    loaded = builder.load(place)
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@lower_getattr_generic(Record)
def _read(context: Any, builder: Any, kind: Record, value: Any, name: str) -> Any:
    index = kind.names.index(name)
    field, layout = kind.fields[index][1], _layout(context, kind)
    place = cgutils.gep_inbounds(builder, builder.bitcast(value, layout.as_pointer()), 0, index)
    model = context.data_model_manager[field]
    loaded = _load(builder, model.get_data_type(), place)
    return impl_ret_borrowed(context, builder, field, model.from_data(builder, loaded))
