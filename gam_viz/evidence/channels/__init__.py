"""What is one channel of a gate for? The pictures it weighs most and least, what closing it does, its likes."""
