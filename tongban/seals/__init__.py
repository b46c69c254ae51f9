"""Electronic seals: what a seal is, which moves its life allows, when it may be used.

A stamp record says which document hash was sealed for which case by which seal and whose key.
The picture of a seal is drawn from the authority's name and says that it is a sample.
"""
