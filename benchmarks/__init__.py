"""Speed and memory against named references. `futurepark bench` runs them; they are not part of the wheel."""
