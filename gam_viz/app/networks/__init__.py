"""The parts of the Networks page: accuracy against cost, and one network's card."""
