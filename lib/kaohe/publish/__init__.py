"""Reports out: one sealed notebook run a target, offline pages, the index, the leak scan and the manifest."""
