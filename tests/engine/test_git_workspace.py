"""The run's worktree and the person's repository, with the real git: what is committed, and what must not happen."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from swarm.errors import GitFailed, NotARepository, WorkspaceError
from swarm.workspace import git as git_module
from swarm.workspace.commits import SWARM, Identity
from swarm.workspace.repository import Repository
from swarm.workspace.tags import find_tag, tag
from swarm.workspace.worktree import Worktree

RUN = "swarm/wc-1"


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    """What the person's own git says in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def fingerprint(folder: Path, *skip: str) -> dict[str, str]:
    """Every file below a folder with the hash of its bytes, without some subfolders."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    names = {path: path.relative_to(folder).as_posix() for path in files}
    kept = {path: name for path, name in names.items() if not name.startswith(skip)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in kept.items()}


@pytest.fixture(autouse=True)
def _person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person with a configuration of their own, and nothing of the machine's."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Person\n\temail = ada@example.org\n[init]\n\tdefaultBranch = trunk\n"
    )
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with three files and one commit, made once and copied for each test."""
    root = tmp_path_factory.mktemp("template")
    (root / "src").mkdir()
    (root / "README.md").write_text("# Read me\n")
    (root / "src" / "core.py").write_text("one = 1\n")
    (root / ".gitignore").write_text("*.log\n.swarm/\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "First")
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "project", symlinks=True))


@pytest.fixture
def worktree(project: Path) -> Worktree:
    return Worktree.create(Repository.discover(project), project / ".swarm" / "worktree", RUN)


class TestRepository:
    def test_is_found_from_a_folder_below_its_root(self, project: Path) -> None:
        repository = Repository.discover(project / "src")
        assert repository.root == project
        assert repository.head_branch == "main"
        assert repository.head_commit == git(project, "rev-parse", "HEAD")

    def test_a_folder_without_one_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(NotARepository, match="run `git init` there"):
            Repository.discover(tmp_path)

    def test_a_bare_one_is_refused(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--bare", "bare.git")
        with pytest.raises(NotARepository, match="without files"):
            Repository.discover(tmp_path / "bare.git")

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(NotARepository, match="nowhere is no directory"):
            Repository.discover(tmp_path / "nowhere")

    def test_one_that_claims_other_files_is_refused(self, project: Path, tmp_path: Path) -> None:
        git(project, "config", "core.worktree", str(tmp_path))
        with pytest.raises(NotARepository, match=r"core\.worktree"):
            Repository.discover(project)

    def test_a_git_that_is_too_old_or_missing_is_said(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        with pytest.raises(NotARepository, match="git is not installed"):
            Repository.discover(project)
        (tmp_path / "bin" / "git").write_text("#!/bin/sh\necho git version 2.30.2\n")
        (tmp_path / "bin" / "git").chmod(0o755)
        git_module._version.cache_clear()
        with pytest.raises(NotARepository, match=r"older than 2\.38"):
            Repository.discover(project)
        git_module._version.cache_clear()

    def test_init_names_the_first_branch_as_the_person_does(self, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        repository = Repository.init(tmp_path / "new")
        assert (repository.head_branch, repository.head_commit) == ("trunk", None)
        assert repository.dirty_paths() == []

    def test_a_detached_head_has_no_branch(self, project: Path) -> None:
        git(project, "checkout", "-q", "--detach")
        assert Repository.discover(project).head_branch is None

    def test_dirty_paths_are_changed_staged_untracked_and_deleted_files(self, project: Path) -> None:
        (project / "README.md").unlink()
        (project / "src" / "core.py").write_text("two = 2\n")
        (project / "näw file.txt").write_text("new\n")
        (project / "staged.txt").write_text("staged\n")
        (project / "ignored.log").write_text("ignored\n")
        git(project, "add", "staged.txt")
        assert Repository.discover(project).dirty_paths() == ["README.md", "näw file.txt", "src/core.py", "staged.txt"]

    def test_the_human_is_who_their_configuration_says(self, project: Path, tmp_path: Path) -> None:
        assert Repository.discover(project).human == Identity(name="Ada Person", email="ada@example.org")
        (tmp_path / "home" / ".gitconfig").unlink()
        assert Repository.discover(project).human.email.endswith("@localhost")

    def test_a_linked_worktree_of_the_persons_is_a_repository_as_well(self, project: Path, tmp_path: Path) -> None:
        git(project, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
        repository = Repository.discover(tmp_path / "side")
        run = Worktree.create(repository, tmp_path / "run", RUN)
        assert repository.head_branch == "side"
        assert Worktree.open(repository, tmp_path / "run", RUN).head == run.head


class TestCreating:
    def test_starts_at_the_persons_commit_on_a_branch_of_its_own(self, project: Path, worktree: Worktree) -> None:
        assert worktree.head == git(project, "rev-parse", "main") == git(project, "rev-parse", RUN)
        assert (worktree.path / "src" / "core.py").read_text() == "one = 1\n"

    def test_leaves_a_dirty_checkout_untouched_byte_for_byte(self, project: Path) -> None:
        (project / "src" / "core.py").write_text("dirty\n")
        (project / "staged.txt").write_text("staged\n")
        git(project, "add", "staged.txt")
        (project / "untracked.txt").write_text("untracked\n")
        run_only = (".swarm/", ".git/objects", ".git/worktrees", ".git/refs/heads/swarm", ".git/logs/refs/heads/swarm")
        before = fingerprint(project, *run_only)
        worktree = Worktree.create(Repository.discover(project), project / ".swarm" / "worktree", RUN)
        (worktree.path / "new.py").write_text("new\n")
        worktree.commit("Add", {"Swarm-Frame": "1"})
        worktree.restore(worktree.head)
        assert fingerprint(project, *run_only) == before
        assert "new.py" not in git(project, "status", "--porcelain")

    def test_of_an_unborn_branch_starts_from_an_empty_commit(self, tmp_path: Path) -> None:
        root = tmp_path / "unborn"
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        (root / "draft.txt").write_text("a draft\n")
        (root / ".git" / "info" / "exclude").write_text(".swarm\n")
        run_only = (".swarm/", ".git/objects", ".git/worktrees", ".git/refs/heads/swarm", ".git/logs")
        before = fingerprint(root, *run_only)
        worktree = Worktree.create(Repository.discover(root), root / ".swarm" / "worktree", RUN)
        assert worktree.files() == []
        assert git(root, "log", "--format=%s", RUN) == "Begin with nothing"
        assert worktree.commit("Nothing", {}) is None
        assert fingerprint(root, *run_only) == before
        assert Repository.discover(root).head_commit is None

    def test_a_branch_that_exists_is_refused(self, project: Path, worktree: Worktree) -> None:
        with pytest.raises(GitFailed, match="already exists"):
            Worktree.create(worktree.repository, project / ".swarm" / "other", RUN)

    def test_opening_finds_it_by_the_repositorys_word_not_by_its_own(self, project: Path, worktree: Worktree) -> None:
        (worktree.path / ".git").write_text("gitdir: /somewhere/hostile\n")
        (worktree.path / "a.txt").write_text("a\n")
        again = Worktree.open(Repository.discover(project), worktree.path, RUN)
        assert again.commit("Add", {}) == git(project, "rev-parse", RUN)

    def test_opening_one_that_is_gone_says_so(self, project: Path, worktree: Worktree) -> None:
        worktree.remove()
        with pytest.raises(WorkspaceError, match="is gone"):
            Worktree.open(worktree.repository, worktree.path, RUN)
        assert git(project, "rev-parse", "--verify", RUN)

    def test_opening_one_with_another_branch_checked_out_says_so(self, worktree: Worktree) -> None:
        git(worktree.path, "checkout", "-q", "-b", "elsewhere")
        with pytest.raises(WorkspaceError, match=r"has elsewhere checked out: run `git checkout swarm/wc-1`"):
            Worktree.open(worktree.repository, worktree.path, RUN)

    def test_opening_drops_the_locks_of_a_git_that_was_killed(
        self, project: Path, worktree: Worktree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("swarm.workspace.worktree._LOCK_PATIENCE", 0)
        for lock in ("worktrees/worktree/index.lock", f"refs/heads/{RUN}.lock"):
            (project / ".git" / lock).touch()
        (worktree.path / "a.txt").write_text("a\n")
        assert Worktree.open(worktree.repository, worktree.path, RUN).commit("Add", {})

    def test_removing_takes_the_folder_and_leaves_the_branch(self, project: Path, worktree: Worktree) -> None:
        worktree.remove()
        assert not worktree.path.exists()
        assert git(project, "branch", "--list", RUN).strip() == RUN
        assert git(project, "worktree", "list", "--porcelain").count("worktree ") == 1


class TestCommitting:
    def test_takes_new_changed_and_deleted_files_but_no_ignored_ones(self, worktree: Worktree) -> None:
        (worktree.path / "new.txt").write_text("a\nb\n")
        (worktree.path / "src" / "core.py").write_text("one = 2\n")
        (worktree.path / "README.md").unlink()
        (worktree.path / "noise.log").write_text("noise\n")
        assert worktree.dirty() == ["README.md", "new.txt", "src/core.py"]
        base = worktree.head
        commit = worktree.commit("Three things", {"Swarm-Run": "wc-1"})
        assert commit is not None
        changed = worktree.diff(base, commit)
        shown = [(change.path, change.status, change.added, change.removed) for change in changed]
        assert shown == [("README.md", "D", 0, 1), ("new.txt", "A", 2, 0), ("src/core.py", "M", 1, 1)]
        assert worktree.dirty() == []
        assert worktree.head == commit

    def test_returns_none_when_nothing_changed(self, worktree: Worktree) -> None:
        before = worktree.head
        assert worktree.commit("Nothing", {}) is None
        assert worktree.head == before

    def test_carries_the_swarms_identity_and_its_trailers(self, project: Path, worktree: Worktree) -> None:
        (worktree.path / "a.txt").write_text("a\n")
        worktree.commit("--amend\n\n# kept", {"Swarm-Run": "wc-1", "Swarm-Frame": "7"})
        assert git(project, "log", "-1", "--format=%an <%ae> %cn", RUN) == "Swarmkeeper <swarm@localhost> Swarmkeeper"
        message = git(project, "log", "-1", "--format=%B", RUN)
        assert message == "--amend\n\n# kept\n\nSwarm-Run: wc-1\nSwarm-Frame: 7"
        assert git(project, "log", "-1", "--format=%(trailers:key=Swarm-Frame,valueonly)", RUN) == "7"

    def test_a_message_loses_what_a_terminal_would_obey(self, project: Path, worktree: Worktree) -> None:
        (worktree.path / "a.txt").write_text("a\n")
        worktree.commit("red \x1b[31m\x00 \u202eevil\ud800", {})
        assert git(project, "log", "-1", "--format=%B", RUN) == "red [31m evil"

    def test_of_human_edits_bears_the_persons_name(self, project: Path, worktree: Worktree) -> None:
        (worktree.path / "README.md").write_text("by hand\n")
        assert worktree.commit_human({"Swarm-Frame": "3"}) == worktree.head
        assert git(project, "log", "-1", "--format=%an %cn: %s", RUN) == "Ada Person Swarmkeeper: Edited by hand"

    def test_is_found_again_by_its_own_trailers_only(self, worktree: Worktree) -> None:
        (worktree.path / "a.txt").write_text("a\n")
        first = worktree.commit("Forged\n\nSwarm-Frame: 2", {"Swarm-Run": "wc-1", "Swarm-Frame": "1"})
        assert first is not None
        assert worktree.find_commit({"Swarm-Run": "wc-1", "Swarm-Frame": "1"}) == first
        assert worktree.find_commit({"Swarm-Frame": "2"}) is None
        assert worktree.find_commit({"Swarm-Frame": "11"}) is None

    @pytest.mark.parametrize(("key", "value"), [("Swarm-Frame", "1\nSwarm-Run: x"), ("Two Words", "1"), ("", "1")])
    def test_a_trailer_is_one_line(self, worktree: Worktree, key: str, value: str) -> None:
        (worktree.path / "a.txt").write_text("a\n")
        with pytest.raises(GitFailed, match="no single plain line"):
            worktree.commit("Add", {key: value})

    def test_keeps_the_bytes_links_and_modes_of_files(self, worktree: Worktree) -> None:
        (worktree.path / "crlf.txt").write_bytes(b"a\r\nb\r\n")
        (worktree.path / "binary").write_bytes(bytes(range(256)))
        (worktree.path / "run.sh").write_text("#!/bin/sh\n")
        (worktree.path / "run.sh").chmod(0o755)
        (worktree.path / "link").symlink_to("/etc/passwd")
        base = worktree.head
        commit = worktree.commit("Add", {})
        assert commit is not None
        assert worktree.file_at(commit, "crlf.txt") == b"a\r\nb\r\n"
        assert worktree.file_at(commit, "binary") == bytes(range(256))
        assert worktree.file_at(commit, "link") == b"/etc/passwd"
        assert worktree.file_at(commit, "no/such") is None
        assert {change.path: change.added for change in worktree.diff(base, commit)}["binary"] is None
        assert "new file mode 100755" in worktree.patch(base, commit, "run.sh")

    def test_leaves_out_nested_repositories_fifos_and_the_engines_folder(self, worktree: Worktree) -> None:
        for name in ("empty", "born"):
            (worktree.path / name).mkdir()
            git(worktree.path / name, "init", "-q")
            (worktree.path / name / "inner.txt").write_text("inner\n")
        git(worktree.path / "born", "add", "-A")
        git(worktree.path / "born", "commit", "-qm", "Inner")
        (worktree.path / ".Swarm").mkdir()
        (worktree.path / ".Swarm" / "history.jsonl").write_text("forged\n")
        (worktree.path / "src" / ".swarm-writing-0").write_text("half\n")
        os.mkfifo(worktree.path / "pipe")
        (worktree.path / "real.txt").write_text("real\n")
        assert worktree.dirty() == ["real.txt"]
        base = worktree.head
        commit = worktree.commit("Add", {})
        assert commit is not None
        assert [change.path for change in worktree.diff(base, commit)] == ["real.txt"]

    def test_a_repository_made_around_tracked_files_hides_none_of_them(self, worktree: Worktree) -> None:
        git(worktree.path / "src", "init", "-q")
        (worktree.path / "src" / "core.py").write_text("one = 3\n")
        (worktree.path / "src" / "more.py").write_text("more\n")
        base = worktree.head
        commit = worktree.commit("Add", {})
        assert commit is not None
        assert [change.path for change in worktree.diff(base, commit)] == ["src/core.py", "src/more.py"]


class TestGoingBack:
    def test_restores_the_files_of_a_commit_and_keeps_the_branch(self, worktree: Worktree) -> None:
        base = worktree.head
        (worktree.path / "src" / "core.py").write_text("one = 2\n")
        (worktree.path / "README.md").unlink()
        (worktree.path / "deep" / "er").mkdir(parents=True)
        (worktree.path / "deep" / "er" / "new.txt").write_text("new\n")
        later = worktree.commit("Change", {})
        (worktree.path / "untracked.txt").write_text("untracked\n")
        (worktree.path / "kept.log").write_text("ignored\n")
        worktree.restore(base)
        assert worktree.head == later
        (worktree.path / "kept.log").unlink()
        (worktree.path / ".git").unlink()
        assert fingerprint(worktree.path) == fingerprint(worktree.repository.root, ".git/", ".swarm/")
        assert worktree.commit("Go back", {}) is not None
        assert worktree.diff(base, worktree.head) == ()

    def test_does_not_write_through_links_that_took_the_place_of_folders(
        self, worktree: Worktree, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "core.py").write_text("outside\n")
        (worktree.path / "src" / "core.py").unlink()
        (worktree.path / "src").rmdir()
        (worktree.path / "src").symlink_to(outside)
        base = worktree.head
        worktree.commit("Swap", {})
        worktree.restore(base)
        assert (outside / "core.py").read_text() == "outside\n"
        assert (worktree.path / "src" / "core.py").read_text() == "one = 1\n"
        assert not (worktree.path / "src").is_symlink()

    @pytest.mark.parametrize("name", ["HEAD", "main", "--hard", "../x", "", "g" * 40])
    def test_a_name_that_is_no_commit_id_is_refused(self, worktree: Worktree, name: str) -> None:
        with pytest.raises(GitFailed, match="is no commit id"):
            worktree.restore(name)

    def test_a_commit_that_is_not_there_is_refused(self, worktree: Worktree) -> None:
        with pytest.raises(GitFailed):
            worktree.restore("0123456789abcdef0123456789abcdef01234567")


class TestTags:
    def test_a_tag_is_put_on_a_commit_with_its_message(self, project: Path, worktree: Worktree) -> None:
        tag(worktree.repository, "v1.0", worktree.head, "Release\n# kept")
        assert git(project, "cat-file", "-t", "v1.0") == "tag"
        assert find_tag(worktree.repository, "v1.0") == worktree.head
        assert "# kept" in git(project, "for-each-ref", "--format=%(contents)", "refs/tags/v1.0")
        assert git(project, "for-each-ref", "--format=%(taggername)", "refs/tags/v1.0") == SWARM.name

    def test_a_name_that_is_taken_is_refused(self, worktree: Worktree) -> None:
        tag(worktree.repository, "v1.0", worktree.head, "Release")
        with pytest.raises(GitFailed, match=r"tag 'v1\.0' exists already, on [0-9a-f]{10}: choose another name"):
            tag(worktree.repository, "v1.0", worktree.head, "Release")

    @pytest.mark.parametrize(
        "name", ["", "-d", "--list", "a b", "a..b", "x\n", "v1\u202e", "a~1", "/x", "x.lock", "@{-1}"]
    )
    def test_a_name_that_git_would_not_take_is_refused(self, worktree: Worktree, name: str) -> None:
        with pytest.raises(GitFailed, match="is no name for a tag"):
            tag(worktree.repository, name, worktree.head, "Release")
        with pytest.raises(GitFailed):
            find_tag(worktree.repository, name)


class TestHostileRepository:
    @pytest.fixture
    def marker(self, project: Path, tmp_path: Path) -> Path:
        """A file that everything which a repository can make git run would write."""
        marker = tmp_path / "marker"
        trap = tmp_path / "trap"
        trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {marker}\ncat\n')
        trap.chmod(0o755)
        settings = {
            "core.fsmonitor": trap,
            "core.hooksPath": project / ".git" / "hooks",
            "core.editor": trap,
            "core.pager": trap,
            "core.sshCommand": trap,
            "diff.external": trap,
            "diff.evil.command": trap,
            "diff.evil.textconv": trap,
            "filter.ev=il.clean": trap,
            "filter.ev=il.smudge": trap,
            "filter.two.process": trap,
            "filter.two.required": "true",
            "merge.evil.driver": trap,
            "gpg.program": trap,
            "commit.gpgSign": "true",
            "tag.gpgSign": "true",
            "log.showSignature": "true",
            "alias.status": f"!{trap}",
            "credential.helper": trap,
        }
        (project / ".gitattributes").write_text("*.txt filter=two\n*.py filter=ev=il diff=evil merge=evil\n")
        git(project, "add", ".gitattributes")
        git(project, "commit", "-qm", "Attributes")
        for key, value in settings.items():
            git(project, "config", key, str(value))
        for hook in ("post-checkout", "pre-commit", "post-commit", "reference-transaction", "post-index-change"):
            (project / ".git" / "hooks" / hook).symlink_to(trap)
        return marker

    def test_the_traps_are_real(self, project: Path, marker: Path) -> None:
        subprocess.run(["git", "status"], cwd=project, capture_output=True, check=False)
        (project / "src" / "core.py").write_text("one = 9\n")
        subprocess.run(["git", "diff"], cwd=project, capture_output=True, check=False)
        assert marker.exists()

    def test_runs_nothing_of_its_own(self, project: Path, marker: Path) -> None:
        repository = Repository.discover(project)
        (project / "src" / "core.py").write_text("one = 9\n")
        assert repository.dirty_paths() == ["src/core.py"]
        assert repository.human.name == "Ada Person"
        worktree = Worktree.create(repository, project / ".swarm" / "worktree", RUN)
        base = worktree.head
        (worktree.path / "src" / "core.py").write_text("one = 2\n")
        (worktree.path / "new.txt").write_text("new\n")
        commit = worktree.commit("Change", {"Swarm-Frame": "1"})
        assert commit is not None
        assert worktree.file_at(commit, "src/core.py") == b"one = 2\n"
        assert "+one = 2" in worktree.patch(base, commit)
        worktree.diff(base, commit)
        worktree.find_commit({"Swarm-Frame": "1"})
        worktree.restore(base)
        tag(repository, "v1", base, "Release")
        worktree.remove()
        assert not marker.exists(), marker.read_text()

    def test_environment_of_the_person_changes_nothing(
        self, project: Path, worktree: Worktree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("GIT_DIR", str(tmp_path))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
        monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
        (worktree.path / "git").write_text("#!/bin/sh\nexit 9\n")
        (worktree.path / "git").chmod(0o755)
        base = worktree.head
        commit = worktree.commit("Add", {})
        assert commit is not None
        assert [change.path for change in worktree.diff(base, commit)] == ["git"]
        assert not (tmp_path / "index").exists()


def test_one_commit_takes_few_calls_of_git(worktree: Worktree, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Sequence[str]] = []
    execute = git_module._execute

    def counted(
        cwd: Path, variables: Mapping[str, str], arguments: Sequence[str], stdin: bytes
    ) -> tuple[int, bytes, str]:
        calls.append(arguments)
        return execute(cwd, variables, arguments, stdin)

    monkeypatch.setattr(git_module, "_execute", counted)
    (worktree.path / "a.txt").write_text("a\n")
    worktree.commit("Add", {})
    assert 0 < len(calls) <= 6
