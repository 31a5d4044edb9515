"""Cosmology against laboratory: benchmark points, planes of couplings, joint statements and their reports.

Imports everything below (`scan`, `cmb`, `lab`, `figures`); only the command line imports it. Start reading at `planes`.
"""
