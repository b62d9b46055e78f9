"""Tensors of the Open Inference Protocol, which stand for arguments and answers."""
