"""What texts say of when: one reading of dates for sources, for facts and for queries."""
