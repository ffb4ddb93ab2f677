"""The plan's reader and checks, errors, table contracts, atomic files, ledger, place names."""
