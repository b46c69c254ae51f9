"""The verifiable record: a Merkle tree over the event log and its signed checkpoints, open to whoever wants to check.

Every event becomes one leaf, in the order of its position. A receipt carries the path from its leaf to a signed root, so
that whoever holds one can tell, offline, whether anything was changed after it was entered; not whether it was true.
"""
