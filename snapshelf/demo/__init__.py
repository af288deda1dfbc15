"""A catalogue and shoppers' photos drawn by our own code, the same on every run: the offline default."""
