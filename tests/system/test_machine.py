import importlib.metadata
import os
import re
import socket
import sys

from weigh.system.machine import installed_version, machine_class, total_memory, usable_cpus


def test_the_class_names_system_processor_cores_and_memory_but_no_host():
    name = machine_class()
    assert re.fullmatch(r"[a-z0-9]+-[a-z0-9_]+-[1-9][0-9]*cpu(-[1-9][0-9]*gib)?(-[a-z0-9]+)?", name)
    assert name.startswith(f"{sys.platform}-")
    assert socket.gethostname() not in name.split("-")
    assert machine_class() == name


def test_cores_are_those_this_process_may_use():
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)
    assert total_memory() > 0


def test_a_version_is_the_installed_one_or_nothing():
    assert installed_version("numpy") == importlib.metadata.version("numpy")
    assert installed_version("no-such-distribution") == ""
