"""Which models there are for the runs of a workspace, and which one is taken where none is named."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from swarm.errors import ModelUnreachable, UsageError
from swarm.home import Home
from swarm.models.endpoint import Profile
from swarm.models.profiles import ENV, config_file, first_gate, load_profiles, profile
from swarm.models.registry import Models, resolve
from swarm.proposals import Network
from swarm.spaces.builtin import builtin_space

_PATIENCE = 5.0  # seconds


def models(home: Home) -> Models:
    """The models that runs of this workspace can use, by their spec."""
    return Models(
        lambda spec: resolve(
            spec, space=builtin_space(), profiles=profiles, recording=lambda run: home.frames(home.find(run))
        ),
        from_environment,
    )


def profiles(environ: Mapping[str, str] = os.environ) -> dict[str, Profile]:
    """The endpoints that are set up, that of the environment first.

    Raises:
        UsageError: If one of them is not set up right.
    """
    return load_profiles(environ, config_file(environ))


def usual(is_plan: bool, preferred: str = "") -> str:
    """The model of a run that names none.

    Args:
        is_plan: Whether the goal is a plan.
        preferred: What the settings say; empty if they say nothing.

    Returns:
        That; else the plan's own rules; else an endpoint that is set up; else the human.

    Raises:
        UsageError: If several endpoints are set up, or one of them not right.
    """
    if preferred or is_plan:
        return preferred or "plan"
    found = profiles()
    return f"openai:{ENV if ENV in found else profile(found).name}" if found else "human"


def endpoint(spec: str) -> Profile | None:
    """The endpoint behind a model, None if it has none.

    Raises:
        UsageError: If it is unknown, or lacks a key or a model.
    """
    kind, _, name = spec.partition(":")
    return profile(profiles(), name) if kind == "openai" else None


def from_environment(spec: str) -> Network | None:
    """The endpoint behind a model, if only the environment tells where it is; None too if it cannot be used."""
    try:
        used = endpoint(spec)
    except UsageError:
        return None
    return first_gate(used, os.environ) if used else None


def words(found: Profile) -> str:
    """What is called where, and at what price, in a few words."""
    price = found.prices.words if found.prices else "unknown price"
    return f"{found.model or 'no model set'} at {found.host}, {price}"


async def check_reachable(found: Profile) -> None:
    """Sees whether somebody listens at an endpoint; one behind a proxy is taken at its word.

    Raises:
        ModelUnreachable: If nobody does.
    """
    parts = urlsplit(found.url)
    host = parts.hostname or ""
    if not found.is_local and parts.scheme in getproxies() and not proxy_bypass(host):
        return
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        connection = await asyncio.to_thread(socket.create_connection, (host, port), _PATIENCE)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelUnreachable(f"{found.where} cannot be reached ({why}): check its address, or start it") from None
    connection.close()
