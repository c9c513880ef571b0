"""From plans to motion: who may go now, when robots are not as punctual as plans."""
