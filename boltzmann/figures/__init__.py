"""Artists: data in, axes out. No panel solves or reads anything.

Imports numerics and units only, so that every figure can be drawn from saved numbers. Start reading at `style`.
"""
