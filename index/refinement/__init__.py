"""The shopper's own words → filters, against one generation's colours, brands, categories, prices and titles."""
