"""What a server's tests need; shipped, so that a copied server has it."""
