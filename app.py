"""GAM-Viz: `streamlit run app.py`."""

from gam_viz.app.main import main

main()
