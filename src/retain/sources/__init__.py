"""Files and texts: found, decoded and cut into sections."""
