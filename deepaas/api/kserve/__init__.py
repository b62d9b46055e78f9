"""The Open Inference Protocol, which KServe, Triton and their clients speak."""
