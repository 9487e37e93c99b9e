"""Two people and a remote between them."""

from tests.versions.scene import Scene

from weigh.core.events import Silent
from weigh.versions.commit import Commit
from weigh.versions.history import put_commit
from weigh.versions.pulling import fast_forward, fetch
from weigh.versions.pushing import Force, push
from weigh.versions.refs import HEADS, REMOTES
from weigh.versions.working_folder import attach


class Person(Scene):
    """Somebody with a history and the remote `origin`."""

    def __init__(self, root, remote):
        root.mkdir(exist_ok=True)
        super().__init__(root)
        self.remote = remote
        attach(self.desk, self.folder, "model")

    def push(self, *branches, force=Force.NEVER):
        refs = [HEADS + branch for branch in branches or ("main",)]
        return push(self.history(), self.remote, "origin", refs, time=1, events=Silent(), force=force)

    def fetch(self, wanted=None):
        return fetch(self.history(), self.remote, "origin", time=1, events=Silent(), wanted=wanted)

    def pull(self):
        self.fetch()
        return fast_forward(self.history(), "origin", "main", time=1, events=Silent())

    def tip(self, ref=HEADS + "main"):
        return self.history().refs.get(ref)

    def tracked(self, branch="main"):
        return self.tip(f"{REMOTES}origin/{branch}")

    def join(self, other):
        """A version that follows both, with the files of the own one."""
        history = self.history()
        mine = self.tip()
        made = Commit(history.commit(mine).tree, (mine, other), "A <a@b.c>", 1_800_000_000, "join")
        with history.objects.writing() as writer:
            name = put_commit(writer, made)
        history.refs.move(HEADS + "main", mine, name, why="join", time=1)
        return name
