"""How the app is served: what its server adds to Streamlit's, the same wherever it is started."""
