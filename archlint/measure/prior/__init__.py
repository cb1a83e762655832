"""Another device's target as the prior of this one: what its rows tell, times a factor."""
