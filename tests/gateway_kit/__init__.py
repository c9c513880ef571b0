"""Facts about gateway programs: a scripted controller that starts one and checks what it does on the wire.

Everything here is written from docs/protocol.md, with plain pyzmq and msgpack, and shares no code with the product: so
it checks the wire, and not our idea of it. A fact is a plain function that takes a `Rig`; `catalogue.FACTS` has all.
"""
