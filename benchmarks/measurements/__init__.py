"""What can be measured, one file each: a ``measure`` that returns raw rounds, a ``report``."""
