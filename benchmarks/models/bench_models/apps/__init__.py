"""The same models for the other servers, one file each."""
