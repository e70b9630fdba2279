"""The app's fixtures, for the app that is opened from here."""

from tests.app.conftest import _few_orders, _few_scenes, _quick_app_tests, checkpoint_folder  # noqa: F401
