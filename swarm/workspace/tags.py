"""Tags on the person's refs."""

from swarm.errors import GitFailed
from swarm.workspace.commits import SWARM, plain
from swarm.workspace.repository import Repository


def tag(repository: Repository, name: str, commit: str, message: str) -> None:
    """Put an annotated tag on a commit.

    Args:
        repository: Whose refs.
        name: The tag's name, checked as git's rules have it.
        commit: The commit's id.
        message: What `git show` says about it.

    Raises:
        GitFailed: The name is no name for a tag, is taken, or there is no such commit.
    """
    shown = ascii(name)[:80]
    _check(repository, name)
    if taken := find_tag(repository, name):
        raise GitFailed(f"tag {shown} exists already, on {taken[:10]}: choose another name")
    people = {"GIT_COMMITTER_NAME": SWARM.name, "GIT_COMMITTER_EMAIL": SWARM.email}
    options = ("-a", "--no-sign", "--cleanup=verbatim", "-F", "-")
    text = f"{plain(message).strip() or name}\n".encode()
    repository.git.run("tag", *options, "--", name, repository.git.commit(commit), stdin=text, environment=people)


def find_tag(repository: Repository, name: str) -> str | None:
    """The commit that a tag points to, or None: there is no such tag."""
    _check(repository, name)
    return repository.git.ref(f"refs/tags/{name}")


def _check(repository: Repository, name: str) -> None:
    good = not name.startswith("-") and plain(name) == name and "\n" not in name
    if not good or repository.git.run("check-ref-format", f"refs/tags/{name}", accept=(0, 1)).code:
        raise GitFailed(f"{ascii(name)[:80]} is no name for a tag: use letters, digits, `.`, `-`, `_`, such as v1.2.0")
