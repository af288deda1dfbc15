"""From a feed to hits: pictures, model, descriptors, binariser, generations, search, products, evaluation."""

import os

# Before numpy is loaded: OpenBLAS's threads fight with those of the model (a decomposition of 256 x 256 took 0.75 s
# instead of 0.03 s), and a fixed number of them keeps sums the same from run to run. We thread over batches ourselves.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
