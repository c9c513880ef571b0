"""Auditors of execution, P1 to P8 and P10; they share no code with what they audit."""
