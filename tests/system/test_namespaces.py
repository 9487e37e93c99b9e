import json
import subprocess
import sys

import pytest

TRY = """
import json, os, socket
from weigh.system import namespaces
before = os.getuid(), os.getgid()
try:
    namespaces.enter()
except OSError as error:
    print(json.dumps({"refused": str(error), "same": (os.getuid(), os.getgid()) == before}))
    raise SystemExit
try:
    with socket.socket() as one:
        one.settimeout(2)
        one.connect(("127.0.0.1", PORT))
    reached = True
except OSError:
    reached = False
print(json.dumps({
    "same": (os.getuid(), os.getgid()) == before,
    "reached": reached,
    "interfaces": [name for _, name in socket.if_nameindex()],
}))
"""


@pytest.fixture
def port():
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_the_new_world_has_no_network_and_the_same_user(port):
    done = subprocess.run(
        [sys.executable, "-c", TRY.replace("PORT", str(port))], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert found["same"]
    if "refused" not in found:
        assert not found["reached"]
        assert "lo" in found["interfaces"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux")
def test_a_process_with_threads_is_refused_and_stays_where_it_is():
    code = (
        "import threading\nfrom weigh.system import namespaces\n"
        "go = threading.Event(); t = threading.Thread(target=go.wait); t.start()\n"
        "try:\n    namespaces.enter(namespaces.Namespace.USER)\nexcept OSError:\n    print('refused')\n"
        "finally:\n    go.set(); t.join()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr
