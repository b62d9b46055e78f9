"""Every door gives the same answers, and the same refusals."""
