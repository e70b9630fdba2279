"""The commands of `gam-viz`: a file each, with its arguments (`add`) and what it does (`run`).

A module here imports torch, Streamlit and the rooms that need them where it uses them, so that
`--help` answers at once.
"""
