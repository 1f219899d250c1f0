"""A person says yes to one call: asked, bound, used once."""
