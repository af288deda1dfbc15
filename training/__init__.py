"""Training of the feature model: VGG16 with batch normalisation, taught by a teacher, by labels and by pairs of views.

Needs the extra `train` (torch); nothing of it is used at run time. See docs/training.md.
"""

import os

# Threads of libgomp turn in circles while they wait for each other. Beside other work one of them is always away, and
# a step took 2.8 s of processor time instead of 0.2. Read when torch is loaded, hence here, before anything of ours.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
