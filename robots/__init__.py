"""What a robot is, and the one seam (`FleetDriver`) through which the controller talks to a fleet of them."""
