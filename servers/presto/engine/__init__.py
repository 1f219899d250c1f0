"""The engine as one person sees it: statements, their pages, their failures, their cost."""
