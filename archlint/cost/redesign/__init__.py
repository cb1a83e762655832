"""What else could stand at a place: other widths at equal FLOPs."""
