"""What a Seedbed server or surface may import."""
