"""KServe's first protocol: instances in, predictions out."""
