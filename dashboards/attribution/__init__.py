"""Who earned it: credit of won deals shared among the touches before them, under every model side by side."""
