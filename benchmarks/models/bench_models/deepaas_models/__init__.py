"""Models in the manner of DEEPaaS modules; they run unmodified on 2.6.0."""
