"""Feeds in: Google Merchant's TSV, CSV, RSS 2.0 and Atom, read as a stream of rows and of rows that can't be taken."""

from index.feed.reader import Feed, download_feed, is_url, read_feed
from index.feed.row import FeedError, Row, Skipped

__all__ = ["Feed", "FeedError", "Row", "Skipped", "download_feed", "is_url", "read_feed"]
