"""Files in: cells, layout, forms, typed values, rules, quarantine and de-identification."""
