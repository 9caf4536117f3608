"""Settings that lessons and tests run under, set before torch and the kernels start."""

import os

# One thread adds numbers in one order, so outputs repeat to the last bit. A test run may say otherwise.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
