"""Who may see what, tried by those who may not."""
