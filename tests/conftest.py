"""Names of parametrised tests that every process gives alike: bytes may hold the time they were made at."""


def pytest_make_parametrize_id(config, val, argname):
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes | bytearray) else None
