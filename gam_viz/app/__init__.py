"""The Streamlit pages: with app.py, the only place that imports streamlit."""
