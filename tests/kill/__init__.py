"""Kills the control process of site.yml at random moments."""
