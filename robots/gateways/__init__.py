"""Drivers and gateways over a network: see docs/protocol.md."""
