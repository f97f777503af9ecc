"""The web page: templates over the same memory as the HTTP API."""
