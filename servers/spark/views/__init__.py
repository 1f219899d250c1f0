"""Tables about one application."""
