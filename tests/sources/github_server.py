"""A GitHub on 127.0.0.1: refs as git's smart HTTP protocol advertises them, and zip archives of commits."""

import hashlib
import io
import zipfile


def packet(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"%04x" % (len(data) + 4) + data


def advertisement(refs, *, head="", default="main", peeled=None):
    """What `info/refs?service=git-upload-pack` answers."""
    lines = [("HEAD", head)] if head else []
    lines += list(refs.items())
    out = packet("# service=git-upload-pack\n") + b"0000"
    for place, (name, commit) in enumerate(lines):
        more = f"\0multi_ack symref=HEAD:refs/heads/{default} agent=git/test" if not place else ""
        out += packet(f"{commit} {name}{more}\n")
        if peeled and name in peeled:
            out += packet(f"{peeled[name]} {name}^{{}}\n")
    return out + b"0000"


def commit_of(files):
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


def archive(name, commit, files, *, top="", comment=None, level=6):
    """A zip as `git archive` makes one: one top folder, the commit as its comment."""
    made = io.BytesIO()
    top = top or f"{name.rpartition('/')[2]}-{commit}"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        packed.comment = (commit if comment is None else comment).encode()
        for path, data in files.items():
            packed.writestr(f"{top}/{path}", data)
    return made.getvalue()


def serve_repository(site, name, files, *, branches=("main",), tags=(), **more):
    """Put a repository with one commit on a file server; returns the commit."""
    commit = commit_of(files)
    refs = {f"refs/heads/{b}": commit for b in branches} | {f"refs/tags/{t}": commit for t in tags}
    site.put(f"/{name}.git/info/refs", advertisement(refs, head=commit, default=branches[0]))
    site.put(f"/{name}/zip/{commit}", archive(name, commit, files, **more))
    return commit
