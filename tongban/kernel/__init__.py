"""What every module stands on: ids, clock, errors, events, jobs, parameters, crypto, national codes.

It knows no word of the domain. Nothing here imports another package of the house.
The event log and its followers live here; what the events mean does not.
"""
