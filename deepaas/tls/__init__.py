"""TLS: the certificate that the server shows, and its renewal."""
