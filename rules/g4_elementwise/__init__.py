"""G4: element-wise operators are not negligible."""
