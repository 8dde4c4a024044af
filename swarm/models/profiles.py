"""Endpoint profiles: read from the configuration folder and from the environment, found by name, kept safely."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from swarm.errors import UnknownName, UsageError
from swarm.models.endpoint import OPENAI_KEY, OPENAI_URL, Profile, same_url
from swarm.proposals import Network
from swarm.store.files import make_folder, replace_file, write_errors

ENV = "env"
"""The name of the profile that the environment sets up."""

_URL, _MODEL = "OPENAI_BASE_URL", "OPENAI_MODEL"
_FIELDS = ("url", "model", "key", "key_env", "prices")


def config_file(environ: Mapping[str, str]) -> Path:
    """Where profiles are kept: `swarmkeeper/endpoints.toml` in the configuration folder."""
    folder = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not folder.is_absolute():  # the specification wants relative ones to be ignored
        folder = Path(environ.get("HOME") or Path.home()) / ".config"
    return folder / "swarmkeeper" / "endpoints.toml"


def load_profiles(environ: Mapping[str, str], file: Path) -> dict[str, Profile]:
    """All profiles by name: `env` first, if there is one, then those of the file in their order.

    Raises:
        UsageError: With a line for each fault, and its place.
    """
    found = _from_environment(environ)
    tables = _tables(file)
    faults: list[str] = []
    for name, table in tables.items():
        try:
            found[name] = _from_table(name, table, environ)
        except ValidationError as error:
            faults += [f"{file}: [{name}] {fault}" for fault in _faults(error)]
        except ValueError as error:
            faults.append(f"{file}: [{name}] {error}")
    faults += _readable(file) if any("key" in table for table in tables.values() if isinstance(table, dict)) else []
    if faults:
        raise UsageError("\n".join(faults))
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, Profile]:
    url, key = environ.get(_URL, "").strip(), environ.get(OPENAI_KEY, "").strip()
    if not url and not key:
        return {}
    try:
        profile = Profile(name=ENV, url=url or OPENAI_URL, model=environ.get(_MODEL, "").strip())
        return {ENV: _with_key(profile, key, OPENAI_KEY) if key or profile.is_openai else profile}
    except ValidationError as error:
        variables = {"url": _URL, "model": _MODEL}
        faults = [f"{variables[str(fault['loc'][0])]}: {_text(fault)}" for fault in error.errors()]
        raise UsageError("\n".join(faults)) from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def _from_table(name: str, table: Any, environ: Mapping[str, str]) -> Profile:
    if not isinstance(table, dict):
        raise ValueError(f"each endpoint is a table of its own: [NAME], then {', '.join(_FIELDS)}")
    if name == ENV:
        raise ValueError("this name is kept for what the environment sets up: choose another one")
    if "name" in table:
        raise ValueError(f"name: unknown; there are {', '.join(_FIELDS)}")
    if "key" in table and "key_env" in table:
        raise ValueError("key and key_env exclude each other")
    profile = Profile.model_validate({**table, "name": name})
    variable, own = profile.key_env, environ.get(_URL, "").strip()
    if variable == OPENAI_KEY and not profile.is_openai and not (own and same_url(own, profile.url)):
        raise ValueError(f"key_env: {OPENAI_KEY} goes to OpenAI or OPENAI_BASE_URL only: name another variable")
    return _with_key(profile, environ.get(variable, "").strip(), variable) if variable else profile


def first_gate(found: Profile, environ: Mapping[str, str]) -> Network | None:
    """What a run asks before it uses an endpoint that it was not told to use; None unless the environment set it up."""
    if found.name != ENV:
        return None
    names = (_URL, OPENAI_KEY, _MODEL) if environ.get(_MODEL, "").strip() == found.model else (_URL, OPENAI_KEY)
    variables = tuple(name for name in names if environ.get(name, "").strip())
    return Network(host=found.host, url=found.url, model=found.model, prices=found.prices, variables=variables)


def _with_key(profile: Profile, key: str, variable: str) -> Profile:
    """The profile with the key of a variable; without one, where it is not set."""
    try:
        secret = SecretStr(key) if key else None
        return Profile.model_validate({**dict(profile), "key": secret, "key_env": variable})
    except ValidationError:
        raise ValueError(f"{variable}: a key is printable ASCII without spaces") from None


def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UsageError(f"{file}: no TOML: {error}") from None


def _readable(file: Path) -> list[str]:
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return [f"{file}: holds a key and is open to others: run chmod 600 on it, or use key_env"]
    return []


def _faults(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, fault['loc']))}: {_text(fault)}".removeprefix(": ") for fault in error.errors()]


def profile(profiles: Mapping[str, Profile], wanted: str = "") -> Profile:
    """The profile to use, ready to be called.

    Args:
        profiles: All there are.
        wanted: Name of a profile, or of a model at the one endpoint that is set up; empty for that one as it is.

    Raises:
        UnknownName: If there is none of this name, and several to choose from.
        UsageError: If none is set up, or it lacks a key or a model.
    """
    if wanted in profiles:
        found = profiles[wanted]
    elif wanted == ENV:
        raise UsageError(f"no endpoint is set up by the environment: set {_URL} or {OPENAI_KEY}")
    else:
        found = _default(profiles, wanted)
        if wanted:
            found = found.model_copy(update={"model": wanted, "prices": None})
    if found.key is None and (found.key_env or found.is_openai):
        raise UsageError(f"{found.where} needs a key: set {found.key_env or 'key_env in its profile'}")
    if not found.model:
        where = "set OPENAI_MODEL or say --model openai:MODEL" if found.name == ENV else "set model in its profile"
        raise UsageError(f"{found.where} has no model: {where}")
    return found


def _default(profiles: Mapping[str, Profile], wanted: str) -> Profile:
    if ENV in profiles or len(profiles) == 1:
        return profiles.get(ENV) or next(iter(profiles.values()))
    names = ", ".join(profiles)
    if wanted and profiles:
        raise UnknownName(f"no endpoint profile {wanted}: there are {names}")
    if profiles:
        raise UsageError(f"several endpoints are set up: say --model openai:NAME with one of {names}")
    raise UsageError(
        "no endpoint is set up: set OPENAI_BASE_URL or OPENAI_API_KEY, "
        "or add a profile to swarmkeeper/endpoints.toml in the configuration folder"
    )


def new_profile(name: str, url: str, *, model: str = "", key: SecretStr | None = None, key_env: str = "") -> Profile:
    """A profile from what a person typed.

    Raises:
        UsageError: With a line for each fault.
    """
    try:
        if name == ENV:
            raise ValueError("name: this one is kept for what the environment sets up: choose another one")
        secret = key if key and key.get_secret_value() else None
        return Profile(name=name, url=url, model=model, key=secret, key_env=key_env)
    except ValidationError as error:
        raise UsageError("\n".join(_faults(error))) from None
    except ValueError as error:
        raise UsageError(str(error)) from None


def save_profile(file: Path, new: Profile) -> None:
    """Adds a profile to the file (mode 0600); what is there stays as it is. A key from a variable is not written.

    Raises:
        UsageError: If the name is taken, or the file is no TOML.
        WriteFailed: If it cannot be written.
    """
    if new.name in _tables(file):
        raise UsageError(f"{file}: there is an endpoint {new.name} already: choose another name, or change it there")
    with write_errors(file):
        before = file.read_text(encoding="utf-8").rstrip("\n") if file.exists() else ""
    make_folder(file.parent)
    replace_file(file.resolve(), f"{before}\n\n{_table(new)}".lstrip("\n").encode())


def _table(new: Profile) -> str:
    texts = {"url": new.url, "model": new.model, "key_env": new.key_env}
    if new.key and not new.key_env:
        texts["key"] = new.key.get_secret_value()
    lines = [f"[{_quoted(new.name)}]", *(f"{name} = {_quoted(text)}" for name, text in texts.items() if text)]
    if new.prices:
        lines.append(f"prices = {{ input = {new.prices.input}, output = {new.prices.output} }}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A string of TOML; what is printable is written alike in JSON."""
    return json.dumps(text, ensure_ascii=False)


def _text(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return f"unknown; there are {', '.join(_FIELDS)}"
    if fault["type"] == "missing":
        return "is missing"
    return str(fault["msg"]).removeprefix("Value error, ")
