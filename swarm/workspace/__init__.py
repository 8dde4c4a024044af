"""All that the engine does to the world: git, paths, edits, commands.

```text
git         runs git so that nothing which a repository holds can run with it
repository  the person's repository: facts and identity; read, and changed only by merge and tags
worktree    the run's own branch and files: commit, restore, compare
commits     commit objects made by plumbing, with trailers, and found again by them
changes     what differs between two trees, and what is dirty
merge       the run's branch into the person's, looked at first
tags        a tag on the person's refs
paths       which names may be touched
files       reading and writing under a root, proof against symlinks
looking     the part of a world that only looks; on `searching` (files and lines) and `past` (commits)
copies      the files of a run at its commits, for whoever watches it
globs       paths by pattern
seek        the search itself, as a process of its own
bounded     a child that only looks: limited in bytes and seconds
edits       search/replace blocks and unified diffs, applied exactly; on `blocks`, `hunks` and `lines`
sandbox     Command in, Outcome out: the protocol that every tier speaks
running     a command between its proposal, the sandbox and its step
bubblewrap  tier full
unsandboxed tier none, with `supervise` beside the command
jobs        the private folder, script and exit file of one run of a command
processes   one child process to its end: time, death, and its output by `output`
exits       the exit file: proof that a command finished
interpreter the Python of the project, never ours
probe       which tier works here, found by running a command in it
```

Everything but running commands and looking is synchronous: call it in a thread.
"""
