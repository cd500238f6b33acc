"""Reads the environment and `.env`, once."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parents[2]

# SECRET_KEY_FILE=/run/secrets/key and the like name files that hold a value.
env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")

ENVIRONMENT = env.str("PORTAL_ENV", default="local")
DEBUG = env.bool("DEBUG", default=False)

# Everything the embedded defaults write (database, broker, mail, documents) lies under one folder.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)
