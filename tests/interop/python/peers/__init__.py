"""The Python charms on the far side, and what they run.

Those of v1 are built on dpcharmlibs-interfaces. Those of v0 do on the wire what the contract's page says that charms with
the older library do, at its patch levels 40 and 59; that library is on no package index.
"""
