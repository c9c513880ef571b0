"""Programs that stand where a robot's firmware stands: separate processes that know only the wire.

Nothing here may import `robots`, `fleet`, `twin` or `sim_worlds`: a stub proves that the wire alone is enough.
"""
