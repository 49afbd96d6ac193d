"""The interface in a browser: the same screens, drawn by xterm.js, for who sits at this machine and has the token."""
