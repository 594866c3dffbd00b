"""Cases worked by hand: what one pays whom, and why, before any program says so."""
