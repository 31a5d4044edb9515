"""Plain numerical tools that know no physics: compiling, caching, interpolation, linear algebra, momentum grids.

Imports constants, errors and datasets only. Start reading at `jit` (what a kernel is) and `cache` (what is kept).
"""
