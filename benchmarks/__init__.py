"""What Retain's engine and checkpoints cost, measured beside their peers."""
