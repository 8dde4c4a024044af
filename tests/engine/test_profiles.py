from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from swarm.errors import UnknownName, UsageError, WriteFailed
from swarm.models.endpoint import Profile, base_url, same_url
from swarm.models.profiles import config_file, first_gate, load_profiles, new_profile, profile, save_profile
from swarm.values import Prices

OLLAMA = "http://localhost:11434/v1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "swarmkeeper" / "endpoints.toml"


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def faults(file: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load_profiles(environ, written(file, text))
    return [line.removeprefix(f"{file}: ") for line in str(caught.value).split("\n")]


# -- where -----------------------------------------------------------------------------------------------------------


def test_the_file_lies_in_the_configuration_folder() -> None:
    assert config_file({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/swarmkeeper/endpoints.toml")
    assert config_file({"HOME": "/h"}) == Path("/h/.config/swarmkeeper/endpoints.toml")
    assert config_file({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}) == Path("/h/.config/swarmkeeper/endpoints.toml")


def test_without_file_and_environment_there_are_none(file: Path) -> None:
    assert load_profiles({}, file) == {}


# -- the environment -------------------------------------------------------------------------------------------------


def test_a_key_alone_goes_to_openai_itself(file: Path) -> None:
    [found] = load_profiles({"OPENAI_API_KEY": " sk-1\n", "OPENAI_MODEL": "big"}, file).values()
    assert (found.name, found.url, found.model, found.secret) == ("env", "https://api.openai.com/v1", "big", "sk-1")


def test_an_address_alone_gets_a_dummy_key(file: Path) -> None:
    found = load_profiles({"OPENAI_BASE_URL": OLLAMA + "/", "OPENAI_MODEL": "qwen3:8b"}, file)["env"]
    assert (found.url, found.key, found.secret) == (OLLAMA, None, "none")
    assert profile({"env": found}) == found


def test_key_and_address_belong_together(file: Path) -> None:
    found = load_profiles({"OPENAI_BASE_URL": OLLAMA, "OPENAI_API_KEY": "sk-1"}, file)["env"]
    assert (found.url, found.secret) == (OLLAMA, "sk-1")


@pytest.mark.parametrize(
    ("environ", "variables"),
    [
        ({"OPENAI_BASE_URL": OLLAMA, "OPENAI_MODEL": "m"}, ("OPENAI_BASE_URL", "OPENAI_MODEL")),
        (
            {"OPENAI_BASE_URL": OLLAMA, "OPENAI_API_KEY": "k-1", "OPENAI_MODEL": " "},
            ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
        ),
        ({"OPENAI_API_KEY": "k-1", "OPENAI_MODEL": "other"}, ("OPENAI_API_KEY",)),
    ],
)
def test_what_a_run_asks_first_names_the_variables_and_never_a_value(
    file: Path, environ: dict[str, str], variables: tuple[str, ...]
) -> None:
    found = load_profiles(environ, file)["env"].model_copy(update={"model": "m"})
    asks = first_gate(found, environ)
    assert asks is not None
    assert (asks.host, asks.url, asks.model, asks.variables) == (found.host, found.url, "m", variables)
    assert "k-1" not in asks.model_dump_json()


def test_an_endpoint_of_the_file_is_asked_about_by_no_run(file: Path) -> None:
    environ = {"OPENAI_BASE_URL": OLLAMA}
    found = load_profiles(environ, written(file, f'[a]\nurl = "{OLLAMA}"\nmodel = "m"\n'))["a"]
    assert first_gate(found, environ) is None


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"OPENAI_BASE_URL": "localhost:11434"}, "OPENAI_BASE_URL: a URL such as"),
        ({"OPENAI_BASE_URL": "https://me:pw@x/v1"}, "OPENAI_BASE_URL: a URL holds no user or password"),
        ({"OPENAI_API_KEY": "two words"}, "OPENAI_API_KEY: a key is printable ASCII"),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "a\nb"}, "OPENAI_MODEL: the name of a model"),
    ],
)
def test_a_variable_that_cannot_be_is_named_without_its_value(file: Path, environ: dict[str, str], line: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_profiles(environ, file)
    assert str(caught.value).startswith(line)
    assert "two words" not in str(caught.value)
    assert "pw" not in str(caught.value)


# -- the file --------------------------------------------------------------------------------------------------------


def test_a_file_holds_several_profiles_in_their_order(file: Path) -> None:
    text = f"""
        [local]
        url = "{OLLAMA}"
        model = "qwen3:8b"
        ["open/router"]
        url = "https://openrouter.ai/api/v1"
        key_env = "ROUTER_KEY"
        prices = {{ input = 1, output = 2.5 }}
    """
    found = load_profiles({"ROUTER_KEY": "r-1", "OPENAI_API_KEY": "sk-1"}, written(file, text))
    assert list(found) == ["env", "local", "open/router"]
    assert found["local"].secret == "none"
    assert found["open/router"].secret == "r-1"
    assert found["open/router"].cost((1_000_000, 100_000)) == 1.25
    assert found["local"].cost((1, 1)) is None


def test_every_fault_of_a_file_has_its_line_and_its_place(file: Path) -> None:
    text = """
        top = 1
        [a]
        model = 5
        colour = "red"
        [b]
        url = "ftp://x"
        key = "k"
        key_env = "K"
        [c]
        url = "http://x/v1?key=1"
        prices = { input = -1, output = nan }
        [d]
        url = "http://x/v1"
        key_env = "sk-what is this"
        ["bad name"]
        url = "http://x/v1"
        [env]
        url = "http://x/v1"
        [e]
        url = "http://x/v1/chat/completions"
        name = "f"
        [g]
        url = "http://x:99999/v1"
        prices = { input = true, output = 1 }
    """
    assert faults(file, text) == [
        "[top] each endpoint is a table of its own: [NAME], then url, model, key, key_env, prices",
        "[a] url: is missing",
        "[a] model: Input should be a valid string",
        "[a] colour: unknown; there are url, model, key, key_env, prices",
        "[b] key and key_env exclude each other",
        "[c] url: the base URL is needed, which ends before /chat/completions and has no query",
        "[c] prices.input: Input should be greater than or equal to 0",
        "[c] prices.output: Input should be a finite number",
        "[d] key_env: the name of an environment variable is needed, not a key",
        "[bad name] name: a name begins with a letter or digit and goes on with those or . _ : / @ + -",
        "[env] this name is kept for what the environment sets up: choose another one",
        "[e] name: unknown; there are url, model, key, key_env, prices",
        "[g] url: Port out of range 0-65535",
        "[g] prices.input: Input should be a valid number",
    ]


def test_a_file_that_is_no_toml_is_named_with_the_line(file: Path) -> None:
    [line] = faults(file, "[a\n")
    assert line.startswith("no TOML: ")
    assert "line 1" in line


def test_a_key_in_a_file_that_others_can_read_is_refused(file: Path) -> None:
    written(file, f'[a]\nurl = "{OLLAMA}"\nkey = "k-secret"\n', 0o644)
    with pytest.raises(UsageError, match="chmod 600") as caught:
        load_profiles({}, file)
    assert "k-secret" not in str(caught.value)
    file.chmod(0o600)
    assert load_profiles({}, file)["a"].secret == "k-secret"


def test_openais_key_goes_to_openai_or_to_the_address_beside_it_only(file: Path) -> None:
    text = '[a]\nurl = "https://elsewhere.example/v1"\nkey_env = "OPENAI_API_KEY"\n'
    [line] = faults(file, text, OPENAI_API_KEY="sk-1")
    assert line == "[a] key_env: OPENAI_API_KEY goes to OpenAI or OPENAI_BASE_URL only: name another variable"
    environ = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://elsewhere.example:443/v1/"}
    assert load_profiles(environ, file)["a"].secret == "sk-1"
    written(file, '[a]\nurl = "https://api.openai.com/v1"\nkey_env = "OPENAI_API_KEY"\n')
    assert load_profiles({"OPENAI_API_KEY": "sk-1"}, file)["a"].secret == "sk-1"


# -- finding ---------------------------------------------------------------------------------------------------------


def named(name: str, **more: object) -> Profile:
    return Profile.model_validate({"name": name, "url": OLLAMA, "model": "m", **more})


def test_the_only_profile_or_that_of_the_environment_is_taken_by_itself() -> None:
    assert profile({"a": named("a")}).name == "a"
    assert profile({"a": named("a"), "env": named("env"), "b": named("b")}).name == "env"


def test_a_name_that_is_no_profile_is_a_model_of_that_endpoint_at_unknown_prices() -> None:
    profiles = {"a": named("a", prices=Prices(input=1, output=1))}
    found = profile(profiles, "qwen3:8b")
    assert (found.name, found.model, found.prices) == ("a", "qwen3:8b", None)
    assert profile(profiles, "a").model == "m"


def test_what_is_missing_is_said_with_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"no endpoint is set up: set OPENAI_BASE_URL or OPENAI_API_KEY, or add"):
        profile({}, "x")
    with pytest.raises(UsageError, match=r"say --model openai:NAME with one of a, b"):
        profile({"a": named("a"), "b": named("b")})
    with pytest.raises(UnknownName, match="no endpoint profile c: there are a, b"):
        profile({"a": named("a"), "b": named("b")}, "c")
    with pytest.raises(UsageError, match=r"endpoint a \(.*\) needs a key: set MY_KEY"):
        profile({"a": named("a", key_env="MY_KEY")})
    with pytest.raises(UsageError, match="needs a key: set key_env in its profile"):
        profile({"a": named("a", url="https://api.openai.com/v1")})
    with pytest.raises(UsageError, match="has no model: set model in its profile"):
        profile({"a": named("a", model="")})
    with pytest.raises(UsageError, match="has no model: set OPENAI_MODEL or say --model openai:MODEL"):
        profile({"env": named("env", model="")})


def test_the_endpoint_of_the_environment_is_never_another_one() -> None:
    with pytest.raises(UsageError, match="no endpoint is set up by the environment: set OPENAI_BASE_URL"):
        profile({"a": named("a")}, "env")


def test_a_missing_variable_is_no_fault_until_its_profile_is_used(file: Path) -> None:
    text = f'[a]\nurl = "{OLLAMA}"\nmodel = "m"\nkey_env = "MY_KEY"\n[b]\nurl = "{OLLAMA}"\nmodel = "m"\n'
    profiles = load_profiles({}, written(file, text))
    assert profile(profiles, "b").name == "b"
    with pytest.raises(UsageError, match="set MY_KEY"):
        profile(profiles, "a")


# -- keeping ---------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded_again_and_readable_by_its_owner_only(file: Path) -> None:
    for new in (
        new_profile("local", OLLAMA, model="qwen3:8b"),
        new_profile("with/key", "https://x.example/v1", model='quo"te\\d', key=SecretStr("k-1")),
        new_profile("var", "https://y.example/v1", key_env="Y_KEY").model_copy(
            update={"prices": Prices(input=1e-07, output=3)}
        ),
    ):
        save_profile(file, new)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = load_profiles({"Y_KEY": "y-1"}, file)
    assert [(p.name, p.url, p.model, p.secret) for p in found.values()] == [
        ("local", OLLAMA, "qwen3:8b", "none"),
        ("with/key", "https://x.example/v1", 'quo"te\\d', "k-1"),
        ("var", "https://y.example/v1", "", "y-1"),
    ]
    assert found["var"].prices == Prices(input=1e-07, output=3)


def test_a_key_from_a_variable_is_never_written(file: Path) -> None:
    written(file, f'[a]\nurl = "{OLLAMA}"\nkey_env = "MY_KEY"\n')
    loaded = load_profiles({"MY_KEY": "k-secret"}, file)["a"]
    save_profile(file, loaded.model_copy(update={"name": "b"}))
    assert "k-secret" not in file.read_text()
    assert load_profiles({"MY_KEY": "k-secret"}, file)["b"].secret == "k-secret"


def test_saving_keeps_what_a_person_wrote_and_replaces_nothing(file: Path) -> None:
    mine = f'# my machine\n[a]  # fast\nurl = "{OLLAMA}"'
    written(file, mine)
    save_profile(file, named("b"))
    assert file.read_text().startswith(mine + "\n\n")
    before = file.read_bytes()
    with pytest.raises(UsageError, match="there is an endpoint a already"):
        save_profile(file, named("a", model="other"))
    assert file.read_bytes() == before


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    save_profile(file, named("a"))
    assert file.is_symlink()
    assert "[" in real.read_text()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises((WriteFailed, UsageError), match=str(blocked)):
        save_profile(blocked / "endpoints.toml", named("a"))


def test_what_a_person_typed_is_checked_field_by_field() -> None:
    with pytest.raises(UsageError) as caught:
        new_profile("?", "nowhere", key=SecretStr("a b"))
    assert [line.partition(":")[0] for line in str(caught.value).split("\n")] == ["name", "url", "key"]
    assert "a b" not in str(caught.value)
    with pytest.raises(UsageError, match="this one is kept"):
        new_profile("env", OLLAMA)
    assert new_profile("a", OLLAMA, key=SecretStr("")).key is None


# -- secrets and addresses -------------------------------------------------------------------------------------------


def test_a_key_is_in_no_text_of_its_profile() -> None:
    found = named("a", key=SecretStr("k-secret"))
    assert "k-secret" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()} {found.where}"


@pytest.mark.parametrize("url", ["", "x", "http://", "http:///v1", "http://a b/v1", "http://x/v1#f", "http://x:0/v1"])
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|port"):
        base_url(url)


def test_addresses_are_compared_as_addresses() -> None:
    assert same_url("https://X.example/v1", "https://x.example:443/v1/")
    assert not same_url("http://x.example/v1", "https://x.example/v1")
    assert not same_url("https://x.example/v1", "https://x.example.evil/v1")


def test_a_machine_of_ones_own_is_reached_without_a_proxy() -> None:
    for url in (OLLAMA, "http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://api.localhost/v1"):
        assert named("a", url=url).is_local
    for url in ("http://192.168.1.5/v1", "https://localhost.example/v1"):
        assert not named("a", url=url).is_local
