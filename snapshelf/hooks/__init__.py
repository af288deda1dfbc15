"""Where each provider brings its updates: a module a channel, behind `snapshelf webhooks`."""
