"""Types of NumPy arrays that the whole package shares."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]
