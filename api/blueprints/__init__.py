"""The endpoints, one blueprint for each part of the API."""
