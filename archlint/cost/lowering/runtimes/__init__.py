"""Which passes each runtime applies, in order: a file each."""
