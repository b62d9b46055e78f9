"""What ``deepaas-check`` looks at, each concern in a file of its own."""
