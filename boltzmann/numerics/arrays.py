"""Types of NumPy arrays that the whole package shares, and arrays that nobody can write to."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
AnyArray = TypeVar("AnyArray", bound=NDArray[Any])


def frozen(array: AnyArray) -> AnyArray:
    """Return a read-only view of an array."""
    view = array.view()
    view.flags.writeable = False
    return view
