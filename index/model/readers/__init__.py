"""One small reader for each format in which VGG16 weights are found; all give `weights.Weights`."""
