"""English as the rules need it: its verbs and their forms, and lists of words; text as data."""
