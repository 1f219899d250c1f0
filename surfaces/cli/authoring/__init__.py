"""Commands for those who write a server: begin one from the seed, hold it to the standard."""
