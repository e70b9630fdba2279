"""The app's fixtures, for the app that is opened from here."""

from tests.app.conftest import _few_scenes, checkpoint_folder  # noqa: F401
