"""The supervisors' surface: the sentence first, then figures, then the table, and every number opens into its records.

It reads cases, signals, reviews and rectifications of the authorities someone supervises, and acts by their verbs.
Lists name no applicant, a case shows the name masked, and every reading of a case is recorded.
"""
