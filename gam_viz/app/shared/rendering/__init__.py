"""How an uploaded file is looked at: its window, frame, bands, stretch and part, chosen on the page."""
