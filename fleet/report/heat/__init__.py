"""Where robots lose time: metrics by cell, what causes delay and costs, pictures and films of it."""
