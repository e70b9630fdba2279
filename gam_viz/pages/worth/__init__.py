"""The parts of the Networks page: accuracy against cost, one network's card, and the tutorial's claims."""
