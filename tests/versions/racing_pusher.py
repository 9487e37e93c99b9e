"""A person in a process of its own, who commits and pushes until it went through; prints the ids."""

import sys
from pathlib import Path

from tests.versions.exchange_scenes import Person

from weigh.core.errors import ConflictError
from weigh.core.ref import RefKind
from weigh.store.remotes.folder import FolderRemote


def main(root, kind, address, number):
    if kind == "folder":
        remote = FolderRemote(Path(address))
    else:
        from weigh.store.remotes.objects import ObjectRemote

        environ = {
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1", "HOME": root,
        }  # fmt: skip
        remote = ObjectRemote(RefKind.S3, "acme", "team", environ)
    person = Person(Path(root), remote)
    person.pull()
    for version in range(2):
        person.write({f"{number}.txt": f"{number} {version}"})
        print(person.commit(f"{number} {version}", [f"{number}.txt"]).id, flush=True)
        for _ in range(50):
            try:
                person.push()
                break
            except ConflictError:
                person.fetch()
                if person.tracked() not in person.history().ancestors(person.tip()):
                    person.join(person.tracked())
                    person.checkout("main", force=True)
        else:
            sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
