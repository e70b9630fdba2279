"""Pure functions: results in, Plotly and Matplotlib figures out."""
