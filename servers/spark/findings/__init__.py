"""What can be wrong with an application: named findings, their thresholds, and how one becomes the verdict."""
