"""Station cells: arms, belts and parcels in PyBullet, one world of Bullet a cell, stepped only while it is busy."""
