"""Viber: the REST bot API through our own client; viberbot's message classes for what is sent."""
