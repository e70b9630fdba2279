"""The parts of the Training page: watched runs, a number over the steps, and the film of their gates."""
