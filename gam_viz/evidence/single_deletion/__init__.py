"""One cell of the picture removed at a time: a score to compare networks by, once removal is nothing new."""
