"""Root causes that engineers recorded, found again by signature and words."""
