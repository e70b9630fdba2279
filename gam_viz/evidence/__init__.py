"""What is true of networks over many pictures in which we know where the evidence is: who looks at the right place, and
what the gates do."""
