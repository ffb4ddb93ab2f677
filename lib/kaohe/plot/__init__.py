"""Charts, tables and computed sentences: built tables in, payloads for the exporter out.

Nothing is computed here beyond ordering, labelling and wording; importing the package imports
neither matplotlib nor pandas.
"""
