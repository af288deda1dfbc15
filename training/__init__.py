"""Training of the feature model: VGG16 with batch normalisation, taught by a teacher, by labels and by pairs of views.

Needs the extra `train` (torch); nothing of it is used at run time. See docs/training.md.
"""
