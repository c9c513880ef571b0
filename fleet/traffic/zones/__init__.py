"""What operators and the controller have closed, slowed and stopped, and how it ends."""
