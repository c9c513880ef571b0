"""What sensors of a floor see: beams, distances and depth images, with noise, bias, dropout and dirt."""
