"""How the program looks, which keys it takes, which model it starts with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from pydantic import Field, ValidationError

from swarm.errors import UsageError
from swarm.models.profiles import config_file
from swarm.values import Value


class Settings(Value):
    """What a person can set to taste.

    Attributes:
        theme: Name of a theme.
        keys: Keys by the id of their binding, as in `app/keys.py`.
        model: `KIND[:NAME]` for runs that name none; empty for the one that is found.
    """

    theme: str = "swarm-dark"
    keys: dict[str, str] = Field(default_factory=dict)
    model: str = ""


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `swarmkeeper/settings.toml` of the configuration folder; the usual ones where there is none.

    Raises:
        UsageError: If the file cannot be read, or holds what is no setting.
    """
    file = config_file(environ).with_name("settings.toml")
    try:
        return Settings.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}): check its permissions") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where, known = ".".join(map(str, fault["loc"])), ", ".join(Settings.model_fields)
        raise UsageError(f"{file}: {where}: {fault['msg']}; there are {known}") from None
    except ValueError as error:
        raise UsageError(f"{file} is no TOML: {error}") from None
