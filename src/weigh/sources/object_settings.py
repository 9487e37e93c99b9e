"""How this user reaches object stores: addresses and keys out of their own environment and files only.

The variables are those of the clouds' own tools: AWS_* and `~/.aws/credentials` (static keys of the profile
AWS_PROFILE), GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_*. The metadata services of cloud machines are
not asked: a request to them is one to an address inside the machine's network. Source of the names:
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html and those of `object_store`,
https://docs.rs/object_store/latest/object_store/aws/enum.AmazonS3ConfigKey.html.
"""

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weigh.core.errors import UsageError
from weigh.core.ref import RefKind
from weigh.system.addresses import is_loopback
from weigh.system.urls import port_of, split

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MAX_FILE = 1024 * 1024
"""Bytes of a file of keys."""
_GOOGLE_FILES = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH")
_AZURE = {
    "AZURE_STORAGE_ACCOUNT_NAME": "account_name",
    "AZURE_STORAGE_ACCOUNT": "account_name",
    "AZURE_STORAGE_ACCOUNT_KEY": "account_key",
    "AZURE_STORAGE_KEY": "account_key",
    "AZURE_STORAGE_SAS_TOKEN": "sas_key",
    "AZURE_STORAGE_TENANT_ID": "tenant_id",
    "AZURE_TENANT_ID": "tenant_id",
    "AZURE_CLIENT_ID": "client_id",
    "AZURE_CLIENT_SECRET": "client_secret",
    "AZURE_STORAGE_ENDPOINT": "endpoint",
}


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What `obstore` is told about one kind of store.

    Attributes:
        config: by its own names of settings; may hold keys, and is never shown.
        endpoint: address of a store of the user's own, "" for the cloud's.
    """

    config: Mapping[str, str | bool] = field(repr=False)
    endpoint: str = ""

    @property
    def plain(self) -> bool:
        """Whether it speaks plain http, which only this very machine may."""
        return self.endpoint.startswith("http://")


def read_store_settings(kind: RefKind, environ: Mapping[str, str]) -> StoreSettings:
    """The settings that these variables make.

    Raises:
        UsageError: an address is none, or is plain http to another machine; a file cannot be read.
    """
    if kind is RefKind.S3:
        return _s3(environ)
    if kind is RefKind.GS:
        return _gs(environ)
    config: dict[str, str | bool] = {key: environ[name] for name, key in _AZURE.items() if environ.get(name)}
    if "account_name" not in config:
        raise UsageError(
            "cannot read az: refs",
            why="a container of Azure belongs to an account, and none is named",
            hint="set AZURE_STORAGE_ACCOUNT_NAME",
        )
    if not {"account_key", "sas_key", "client_secret"} & set(config):
        config["skip_signature"] = True
    return _with_endpoint(config, str(config.get("endpoint", "")))


def _s3(environ: Mapping[str, str]) -> StoreSettings:
    config: dict[str, str | bool] = {
        "region": environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    }
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
    keys = _aws_keys(environ)
    config |= keys or {"skip_signature": True}
    if endpoint:
        config["endpoint"] = endpoint
    return _with_endpoint(config, endpoint)


def _gs(environ: Mapping[str, str]) -> StoreSettings:
    named = next((environ[name] for name in _GOOGLE_FILES if environ.get(name)), "")
    if named:
        return StoreSettings({"service_account": named})
    return StoreSettings({"skip_signature": True})


def _with_endpoint(config: dict[str, str | bool], endpoint: str) -> StoreSettings:
    if endpoint:
        parts = split(endpoint)
        port_of(parts)
        if parts.username is not None or (parts.scheme == "http" and not is_loopback(parts.hostname or "")):
            raise UsageError(
                "cannot use the configured object store",
                why="its address carries a user, or is plain http to another machine",
                hint="check AWS_ENDPOINT_URL or AZURE_STORAGE_ENDPOINT",
            )
    return StoreSettings(config, endpoint)


def _aws_keys(environ: Mapping[str, str]) -> dict[str, str | bool]:
    if environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"):
        values: Mapping[str, str] = {k.lower(): v for k, v in environ.items() if k.startswith("AWS_")}
    else:
        values = _profile(environ)
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return {name.removeprefix("aws_"): values[name] for name in names if values.get(name)}


def _profile(environ: Mapping[str, str]) -> Mapping[str, str]:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    named = environ.get("AWS_SHARED_CREDENTIALS_FILE")
    path = Path(named) if named else Path(home) / ".aws" / "credentials" if home else None
    if path is None or not path.is_file():
        return {}
    parser = configparser.RawConfigParser(strict=False)
    try:
        with path.open("rb") as file:
            parser.read_string(file.read(MAX_FILE).decode("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        # What the parser says repeats lines of the file.
        raise UsageError(f"cannot read {path}", why="it is no file of AWS keys") from error
    profile = environ.get("AWS_PROFILE") or "default"
    return dict(parser[profile]) if parser.has_section(profile) else {}


def opened_store(kind: RefKind, bucket: str, settings: StoreSettings) -> "ObjectStore":
    """A bucket or container, to be read and written with these settings; nothing is asked of it yet."""
    from obstore import store

    retries: Any = {"max_retries": 2}
    options: Any = {"allow_http": settings.plain}
    config: Any = dict(settings.config)
    if kind is RefKind.S3:
        return store.S3Store(bucket, config=config, client_options=options, retry_config=retries)
    if kind is RefKind.GS:
        return store.GCSStore(bucket, config=config, client_options=options, retry_config=retries)
    return store.AzureStore(bucket, config=config, client_options=options, retry_config=retries)
