"""What readings say: how much is in a bin, how full a cage is, how sure that is and how old."""
