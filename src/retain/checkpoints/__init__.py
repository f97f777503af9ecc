"""Where runs are kept between their steps."""
