"""What is the same on every screen: themes, keys, the palette, copying and saving, leaving."""
