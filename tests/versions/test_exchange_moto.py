"""The same against moto's S3, which knows nothing of weigh; where moto is not installed it is not asked."""

import subprocess
import sys
import urllib.request

import pytest
from tests.versions.exchange_scenes import Person

from weigh.core.errors import ConflictError
from weigh.core.ref import RefKind

pytestmark = pytest.mark.clients
pytest.importorskip("moto.server", reason="moto[s3,server] is not installed")
pytest.importorskip("obstore", reason="the extra [objects] is not installed")

_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module")
def url():
    running = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with running:
        found = f"http://127.0.0.1:{int(running.stdout.readline())}"
        scope = "a/20260101/us-east-1/s3/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=x"
        request = urllib.request.Request(f"{found}/acme", method="PUT", headers={"Authorization": signed})
        with urllib.request.urlopen(request):
            pass
        yield found
        running.stdin.close()


@pytest.fixture
def remote(url, tmp_path):
    from weigh.store.remotes.objects import ObjectRemote

    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    environ = {"AWS_ENDPOINT_URL": url, "HOME": str(tmp_path)} | keys
    return ObjectRemote(RefKind.S3, "acme", tmp_path.name, environ)


def test_versions_go_there_and_come_back(remote, tmp_path):
    ada, bob = Person(tmp_path / "ada", remote), Person(tmp_path / "bob", remote)
    ada.model(size=900)
    ada.commit("one")
    ada.model(size=900, step=1e-4)
    ada.commit("two")
    assert ada.push().size > 8 * 1024 * 1024  # so that it goes in parts
    bob.pull()
    assert bob.files() == ada.files()


def test_of_two_pushers_one_is_told(remote, tmp_path):
    ada, bob = Person(tmp_path / "ada", remote), Person(tmp_path / "bob", remote)
    ada.write({"README.md": "a model\n"})
    ada.commit("one")
    ada.push()
    bob.pull()
    held = remote.get("refs/heads/main", 100)
    for person, text in ((ada, "ada"), (bob, "bob")):
        person.write({"README.md": text})
        person.commit(text, ["README.md"])
    ada.push()
    with pytest.raises(ConflictError, match="does not follow"):
        bob.push()
    with pytest.raises(ConflictError, match="moved by somebody else"):
        remote.swap("refs/heads/main", held, f"{bob.tip()}\n".encode())
    assert remote.get("refs/heads/main", 100).data == f"{ada.tip()}\n".encode()
