"""Simulated fleets behind `robots.driver.FleetDriver`."""
