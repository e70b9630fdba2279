"""What pyproject.toml cannot say: one source for the pins, and files from beside the package that a wheel brings."""

from pathlib import Path

from setuptools import find_packages, setup


def pinned(name: str) -> list[str]:
    """The requirements of a file, without those that it takes from another file."""
    lines = Path(name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


setup(
    packages=[*find_packages(include=["gam_viz*"]), "gam_viz.checkpoints", "gam_viz.settings"],
    # gam_viz/runtime/installation.py knows both places.
    package_dir={"gam_viz.checkpoints": "checkpoints", "gam_viz.settings": ".streamlit"},
    install_requires=pinned("requirements.txt"),
    extras_require={
        "scale": pinned("requirements-scale.txt"),
        "timm": pinned("requirements-timm.txt"),
        "pretrained": pinned("requirements-pretrained.txt"),
        "dev": pinned("requirements-timm.txt") + pinned("requirements-pretrained.txt") + pinned("requirements-dev.txt"),
    },
)
