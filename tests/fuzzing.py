"""Changes to files that are valid, for the tests that read whatever bytes there are."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# `pytest --run-long` makes it 300; GAM_VIZ_FUZZ_EXAMPLES=100000 is for a night.
EXAMPLES = int(os.environ.get("GAM_VIZ_FUZZ_EXAMPLES", "60"))
fuzz = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 300, suppress_health_check=list(HealthCheck)
)

INTERESTING = st.sampled_from(
    [b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]
)
CHANGE = st.tuples(
    st.one_of(st.floats(0, 1), st.floats(0, 0.05)),  # where, as a share of the file; most headers stand in front
    st.sampled_from(["write", "write", "write", "insert", "delete", "double", "cut"]),
    st.one_of(INTERESTING, st.binary(min_size=1, max_size=4)),
)


def changed(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    out = bytearray(data)
    for share, kind, content in changes:
        at = int(share * max(0, len(out) - 1))
        if kind == "write":
            out[at : at + len(content)] = content
        elif kind == "insert":
            out[at:at] = content
        elif kind == "delete":
            del out[at : at + len(content)]
        elif kind == "double":
            out[at:at] = out[at : at + 40]
        else:
            out = out[: max(16, at)]
    return bytes(out)
