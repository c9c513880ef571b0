"""PyBullet behind the twin: robots with real wheels, the floor as bodies, pictures. Imported only when it is used."""
