"""The zoo: which networks are trained, their training, their results, and what those say of the tutorial's claims."""
