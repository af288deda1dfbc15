"""What `snapshelf doctor` looks at: small checks, each with a way to mend what it found."""
